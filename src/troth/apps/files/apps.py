from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.files"
    label = "hosted_files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What a workspace shows of its files, to those in it and to others."""
        from troth.workspaces.sections import workspace_api

        from . import shared

        shared.register()
        workspace_api("/files", "troth.apps.files.api.router")
        workspace_api("/uploads", "troth.apps.files.api.uploads")
