from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.rights"
    label = "rights"
    default_auto_field = "django.db.models.BigAutoField"
