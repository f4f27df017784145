from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Config(AppConfig):
    name = "troth.gate.proving"
    label = "proving"

    def ready(self) -> None:
        """Load each app's `controls.py`, and its `forms.py`: places are registered where their forms are."""
        autodiscover_modules("controls", "forms")
