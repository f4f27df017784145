from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.telling"
    label = "telling"
    default_auto_field = "django.db.models.BigAutoField"
