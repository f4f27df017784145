from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.outbound"
    label = "outbound"
    default_auto_field = "django.db.models.BigAutoField"
