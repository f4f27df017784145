from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.queries"
    label = "queries"
    default_auto_field = "django.db.models.BigAutoField"
