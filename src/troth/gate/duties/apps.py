from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.duties"
    label = "duties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # A new value is shared on the duty under which the old one was, in every process that answers a recipient.
        from . import correcting  # noqa: F401
