from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.codes"
    label = "codes"
    default_auto_field = "django.db.models.BigAutoField"
