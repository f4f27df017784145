"""How the clause on corrections is proved: each is on record, and everybody who had the old value was told in time."""

from datetime import timedelta

from django.utils import timezone

from ..journal.models import Entry
from ..proving.answers import Finding, broken, control, kept, unproven
from ..published import statement
from . import shown
from .models import Correction, Told

CLAUSE = "rights.update"
PROMISE = "recipients-told"


@control(CLAUSE)
def corrections_travel() -> Finding:
    """Each correction has its entry, each recipient it names was told, and nobody outside is without a desk."""
    made = Correction.objects.count()
    unrecorded = Correction.objects.exclude(entry__in=Entry.objects.values("id")).count()
    rows = Correction.objects.exclude(recipients="").prefetch_related("told").iterator(chunk_size=500)
    untold = sum(set(each.names()) != {told.recipient for told in each.told.all()} for each in rows)
    if unrecorded or untold:
        return broken(
            f"{unrecorded + untold} of {made} corrections not told",
            f"{unrecorded} without an entry in the log, {untold} with a recipient nobody tells",
        )
    late = Told.objects.filter(state=Told.State.WAITING, made_at__lt=timezone.now() - time_to_tell())
    if waiting := late.count():
        names = ", ".join(sorted(set(late.values_list("recipient", flat=True))))
        return broken(f"{waiting} {_recipients(waiting)} not told in time", f"waiting to be told: {names}")
    if homeless := shown.without_desk():
        return unproven(
            f"{len(homeless)} {_recipients(len(homeless))} without a privacy desk",
            f"given data, and in no [recipients] entry of company.toml: {', '.join(homeless)}",
        )
    return _kept(made)


def time_to_tell() -> timedelta:
    """How long a recipient may wait to be told, as the statement says."""
    return timedelta(days=statement.current().promises[PROMISE].amount)


def _kept(corrections: int) -> Finding:
    counted = {state: Told.objects.filter(state=state).count() for state in Told.State.values}
    return kept(
        f"{corrections} correction{'' if corrections == 1 else 's'}, every recipient told",
        f"{counted['confirmed']} recipients confirmed, {counted['told']} told, {counted['overdue']} overdue, "
        f"{counted['waiting']} waiting for less than the promised time; corrections and erasures alike",
    )


def _recipients(number: int) -> str:
    return "recipient" if number == 1 else "recipients"
