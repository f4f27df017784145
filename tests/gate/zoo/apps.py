from django.apps import AppConfig


class Config(AppConfig):
    name = "tests.gate.zoo"
    label = "zoo"
    default_auto_field = "django.db.models.BigAutoField"
