from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.quality"
    label = "quality"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.duties.rules import rule
        from troth.gate.registry import own_card

        from . import proposing, shown

        rule(proposing.RULE)
        own_card(45, "quality/card_proposals.html", shown.own_card)
