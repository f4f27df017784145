from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.export"
    label = "export"
    default_auto_field = "django.db.models.BigAutoField"
