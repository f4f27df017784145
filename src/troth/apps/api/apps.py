from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Errors below the API's addresses are told in its form."""
        from troth.gate.uses.middleware import SPEAKERS

        from .problems import speak

        SPEAKERS["/api/v1/workspace"] = speak
