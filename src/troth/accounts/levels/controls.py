"""How the clause on customers' own settings is proved: each is tried, with what companies chose and at its strictest."""

from django.db import transaction
from django.utils import timezone

from troth.accounts.people.models import Membership
from troth.gate.proving.answers import Finding, broken, control, kept

from . import choosing, held, probing
from .law import effective
from .models import Choice
from .table import LEVELS, SETTINGS

CLAUSE = "security.settings"
HIGH, STRICTEST = "high", {"networks": ["198.51.100.0/24"]}
TRIED = 20
"""For how many companies the strictest is tried: the newest choices."""


@control(CLAUSE)
def settings_take_hold() -> Finding:
    """Every setting of the page is enforced by something, for each company that chose, and for one made up."""
    if unbound := probing.unbound():
        return broken(f"{len(unbound)} settings that nothing enforces", ", ".join(unbound))
    choices = list(Choice.objects.filter(is_current=True))
    made_up = Choice(owner_id=probing.MADE_UP, level=HIGH, apart=STRICTEST)
    wrong = [fault for choice in (*choices, made_up) for fault in _faults(choice)]
    wrong += [fault for choice in choices[:TRIED] for fault in _at_its_strictest(choice)]
    if wrong:
        return broken(f"{len(wrong)} settings do not hold", "; ".join(sorted(set(wrong))))
    by_level = ", ".join(
        f"{sum(choice.level == level for choice in choices)} on {name.lower()}"
        for level, name in LEVELS.items()
    )
    return kept(
        f"{len(SETTINGS)} settings tried, as {len(choices)} of the customers chose and at their strictest;"
        " each took hold",
        f"companies by level: {by_level}; for {min(TRIED, len(choices))} of them, and one made up, the strictest was"
        " chosen for the length of the try, and taken back",
    )


def _faults(choice: Choice) -> list[str]:
    floor = held.floor()
    return probing.found(choice, effective(floor, choice.level, choice.apart), floor)


def _at_its_strictest(choice: Choice) -> list[str]:
    """What is wrong when a company chooses the strictest, in a transaction that nobody sees and that is taken back."""
    with transaction.atomic():
        chosen = {"level": HIGH, "apart": STRICTEST, "made_at": timezone.now()}
        Choice.objects.filter(pk=choice.pk).update(**chosen)
        for person in Membership.objects.filter(customer=choice.owner_id).values_list("owner_id", flat=True):
            for settle in choosing.TIGHTENED:
                settle(person)
        faults = _faults(Choice.objects.get(pk=choice.pk))
        transaction.set_rollback(True)
    return [f"{fault}, at its strictest" for fault in faults]
