from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.rights"
    label = "rights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate.registry import api, own_card, proof_part
        from troth.gate.subjects import find
        from troth.gate.subjects.erase import FAREWELLS

        from . import figures, models, shown
        from .counting import count_erased

        figures.register()
        own_card(40, "rights/card_requests.html", shown.own_card)
        proof_part("rights/proof_part.html", figures.proof_part)
        api("/me/requests", "troth.apps.rights.api.router")
        FAREWELLS.append(count_erased)
        find.WAITING.append(models.waiting)
        find.VOID.append(models.never_proven)
