from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.transfers"
    label = "transfers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import own_card

        from . import shown

        own_card(35, "transfers/card_countries.html", shown.own_card)
