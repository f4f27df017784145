from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.workspaces.sections import workspace_api

        from .part import register

        register()
        workspace_api("/collections", "troth.apps.records.api.router")
