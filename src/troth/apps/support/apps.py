from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.support"
    label = "support"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The grounds that there are, and the menu's pages, must be known to every process.
        from . import controls, grounds, level_probes  # noqa: F401
