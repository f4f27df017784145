from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.legal"
    label = "legal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import proof_part
        from troth.workspaces.grounds import register

        from . import looking, shown

        proof_part("legal/proof_part.html", shown.proof_part)
        register(looking.KIND)
