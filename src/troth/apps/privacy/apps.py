from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.export.exporting import FAILED, READY
        from troth.gate.problems import speak
        from troth.gate.uses.middleware import SPEAKERS

        from .cards import register
        from .letters import tell_failed, tell_ready

        register()
        SPEAKERS["/api/"] = speak
        READY.append(tell_ready)
        FAILED.append(tell_failed)
