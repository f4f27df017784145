from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.chat"
    label = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.posting import standing

        from . import places
        from .models import KIND

        standing.stands(KIND, places.where)
        standing.front(standing.Part(30, "Chat rooms", "chat", "chat/front.html", places.front))
