from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # What ends with a subject, and what is sealed on its way to a table, must be known to every process.
        from . import passkeys, signins, staff  # noqa: F401
