from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.offers"
    label = "offers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.proving.traces import OF_COMPANIES
        from troth.gate.subjects.erase import FAREWELLS
        from troth.gate.telling.recipients import DESKS, Desks

        from . import flows, partners

        # First: after it nothing of theirs is delivered, so that the letters name all of it.
        FAREWELLS.insert(0, flows.gone)
        OF_COMPANIES.append(partners.desks)
        DESKS[flows.RECIPIENT] = Desks(partners.whose, partners.desk)
