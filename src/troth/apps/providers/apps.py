from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.providers"
    label = "providers"
    default_auto_field = "django.db.models.BigAutoField"
