from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.pages"
    label = "pages"
    default_auto_field = "django.db.models.BigAutoField"
