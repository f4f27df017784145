from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.posting"
    label = "posting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # What becomes of somebody's posts when they leave must be known to every process.
        from . import leaving  # noqa: F401
