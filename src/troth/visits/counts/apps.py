from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.visits.counts"
    label = "counts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from ..changes import on_change
        from .rollups import change

        on_change(change)
