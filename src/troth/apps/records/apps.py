from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .part import register

        register()
