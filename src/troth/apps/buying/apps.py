from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.buying"
    label = "buying"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import audience
        from troth.gate.subjects.erase import FAREWELLS

        from . import refunds
        from .audience import CUSTOMERS

        audience(CUSTOMERS)
        FAREWELLS.append(refunds.farewell)
