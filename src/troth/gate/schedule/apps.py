from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Config(AppConfig):
    name = "troth.gate.schedule"
    label = "schedule"

    def ready(self) -> None:
        """Load each app's `jobs.py`."""
        autodiscover_modules("jobs")
