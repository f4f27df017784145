from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.ownoffers"
    label = "ownoffers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import home_part, row_page

        from . import showing

        home_part("ownoffers/block.html", showing.part)
        row_page("ownoffers.Response", "own-offer-response")
