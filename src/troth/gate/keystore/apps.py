from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.keystore"
    label = "keystore"
    default_auto_field = "django.db.models.BigAutoField"
