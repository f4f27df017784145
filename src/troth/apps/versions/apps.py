from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.versions"
    label = "versions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import banner, own_card

        from . import shown

        banner("versions/banner.html", shown.banner)
        own_card(5, "versions/card_change.html", shown.own_card)
