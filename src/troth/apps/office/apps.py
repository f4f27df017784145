from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.office"
    label = "office"
    default_auto_field = "django.db.models.BigAutoField"
