from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.gate.published"
    label = "published"
    default_auto_field = "django.db.models.BigAutoField"
