from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts.levels"
    label = "levels"
    default_auto_field = "django.db.models.BigAutoField"
