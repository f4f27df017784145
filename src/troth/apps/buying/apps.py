from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.buying"
    label = "buying"
    default_auto_field = "django.db.models.BigAutoField"
