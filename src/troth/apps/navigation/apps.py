from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.navigation"
    label = "navigation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import collecting

        del (
            collecting
        )  # it names its place and its purpose; the fast door stands outside the pages, which name theirs
