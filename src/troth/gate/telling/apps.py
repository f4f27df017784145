from django.apps import AppConfig
from django.core.checks import register


class Config(AppConfig):
    name = "troth.gate.telling"
    label = "telling"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import telling  # noqa: F401 - an erasure in any process tells its recipients
        from .recipients import check_register

        register(check_register)
