from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.showcase"
    label = "showcase"
    default_auto_field = "django.db.models.BigAutoField"
