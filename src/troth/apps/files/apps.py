from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.files"
    label = "hosted_files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What a workspace shows of its files, to those in it and to others."""
        from . import shared

        shared.register()
