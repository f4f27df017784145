from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.legal"
    label = "legal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import proof_part
        from troth.gate.telling import finding
        from troth.workspaces.grounds import register

        from . import flows, looking, shown

        # What was handed over in a proceeding is corrected in it; nobody there keeps a desk for it (rights.update).
        finding.NOT_TOLD.add(flows.AUTHORITY)

        proof_part("legal/proof_part.html", shown.proof_part)
        register(looking.KIND)
