from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import arrival
        from troth.gate.subjects.erase import FAREWELLS

        from . import flows, visiting

        arrival(visiting.arrived)
        FAREWELLS.append(flows.withdraw)
