from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.goals"
    label = "goals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.visits.counts.rollups import also_count

        from .reaching import counter

        also_count(counter)
