from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Who is erased leaves no bytes on disk."""
        from ..subjects.erase import FAREWELLS
        from .stored import leave

        FAREWELLS.append(leave)
