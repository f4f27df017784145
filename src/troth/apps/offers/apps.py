from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.subjects.erase import FAREWELLS

        from . import flows

        FAREWELLS.append(flows.gone)
