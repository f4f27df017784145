from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.export"
    label = "export"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """No archive outlives anybody whose data is in it."""
        from ..subjects.erase import FAREWELLS
        from .exporting import withdraw

        FAREWELLS.append(withdraw)
