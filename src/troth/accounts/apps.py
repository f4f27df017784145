from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import staff  # noqa: F401 - what ends with a subject must be known to every process
