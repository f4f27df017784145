from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.visits"
    label = "navigation"
    """The name that its tables have had since before this floor, and that stands in what is sealed in them."""

    default_auto_field = "django.db.models.BigAutoField"
