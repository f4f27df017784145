from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # What stands in the way of an erasure, what goes with it, and what is tried, must be known to every process.
        from . import closing, level_probes  # noqa: F401
