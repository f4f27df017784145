from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.accounts.hooks"
    label = "hooks"
    default_auto_field = "django.db.models.BigAutoField"
