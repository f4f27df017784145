from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
