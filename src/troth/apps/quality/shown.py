"""What the pages on proposals show."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest

from troth.accounts.people.flows import CORRECTED
from troth.accounts.people.models import Person
from troth.gate.telling import recipients
from troth.gate.uses import Actor, OwnData, using

from . import answering
from .models import Proposal, Run


def own(person: Person) -> list[dict[str, Any]]:
    """Somebody's proposals with what stands there now, those that wait first.  It opens their own data."""
    owner = person.owner_id
    rows = sorted(Proposal.objects.filter(owner=owner), key=lambda row: row.state != Proposal.State.WAITING)
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        return [_proposal(row, person) for row in rows]


def _proposal(row: Proposal, person: Person) -> dict[str, Any]:
    is_waiting = row.state == Proposal.State.WAITING
    return {
        "pk": row.pk, "label": recipients.kind(Proposal.seals[row.field].category), "state": row.state,
        "value": str(getattr(row, row.field) or ""), "now": str(getattr(person, row.field) or "") if is_waiting else "",
        "why": row.get_why_display(), "source": recipients.name(row.source), "at": row.made_at,
        "answered_at": row.answered_at, "is_waiting": is_waiting, "is_stale": is_waiting and answering.is_stale(row),
        "may_accept": is_waiting and row.has_value and row.field in CORRECTED, "is_email": row.field == "email",
        "group": "name" if row.field == "company" else row.field,
    }  # fmt: skip


def own_card(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """How many wait."""
    return {"waiting": Proposal.objects.filter(owner=subject, state=Proposal.State.WAITING).count()}


def office() -> dict[str, Any]:
    """Runs and counts; what was proposed to whom stands nowhere on it."""
    whys, states = dict(Proposal.Why.choices), dict(Proposal.State.choices)
    counted = Proposal.objects.order_by().values_list("source", "why", "state").annotate(Count("pk"))
    return {
        "runs": [
            {"source": recipients.name(run.source), "at": run.at, "looked_at": run.looked_at, "shared": run.shared}
            for run in Run.objects.all()[:50]
        ],
        "counts": [
            {"source": recipients.name(source), "why": whys.get(why, why), "state": states[state], "count": count}
            for source, why, state, count in sorted(counted)
        ],
    }  # fmt: skip
