from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.referrals"
    label = "referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.accounts.people.credits import PURSES
        from troth.gate.registry import arrival
        from troth.gate.subjects.erase import FAREWELLS

        from . import flows, rewarding, visiting

        PURSES.append(rewarding.Rewards())
        arrival(visiting.arrived)
        FAREWELLS.append(flows.withdraw)
