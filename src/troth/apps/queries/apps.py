from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.queries"
    label = "queries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Programs run kept queries too."""
        from troth.workspaces.sections import workspace_api

        workspace_api("/queries", "troth.apps.queries.api.router")
        workspace_api("/runs", "troth.apps.queries.api.runs")
