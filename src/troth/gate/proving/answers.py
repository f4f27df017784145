"""Controls: one function per clause that an app keeps, and the answer for every clause.

A clause is `kept` only when a control of its own says so and every point its rules name is built.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from django.db import transaction
from django.utils import timezone

from troth.engine.policy import Permit, Policy

from ..published import statement
from ..registry import PLACES
from .models import Proof

log = logging.getLogger("troth.proving")


class Status(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a control saw: a figure a reader understands, and the evidence behind it."""

    status: Status
    figure: str
    evidence: str


def kept(figure: str, evidence: str) -> Finding:
    return Finding(Status.KEPT, figure, evidence)


def broken(figure: str, evidence: str) -> Finding:
    return Finding(Status.BROKEN, figure, evidence)


def unproven(figure: str, evidence: str) -> Finding:
    return Finding(Status.UNPROVEN, figure, evidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of `troth prove`."""

    id: str
    status: str
    figure: str
    evidence: str
    checked_at: str


Control = Callable[[], Finding]
CONTROLS: dict[str, Control] = {}


def control(clause: str) -> Callable[[Control], Control]:
    """Bind a control to the clause it proves."""

    def bind(check: Control) -> Control:
        if clause in CONTROLS and CONTROLS[clause] is not check:
            raise ValueError(f"clause `{clause}` has two controls; join them into one")
        CONTROLS[clause] = check
        return check

    return bind


@cache
def allowing(policy: Policy, action: str, purpose: str, recipient: str | None = None) -> frozenset[str]:
    """The clauses under which a statement permits an action for a purpose (by one recipient, or by any)."""
    cells = (c for c in policy.cells() if (c[0], c[2]) == (action, purpose) and recipient in (None, c[3]))
    decisions = (policy.decide(*cell, grounds) for cell in cells for grounds in policy.alternatives(*cell))
    return frozenset(decision.clause for decision in decisions if isinstance(decision, Permit))


def points(clause: str) -> tuple[list[str], list[str]]:
    """(built, all) points that a clause's rules name."""
    named = list(statement.current().points(clause))
    return [place for place in named if place in PLACES], named


def prove(clause: str | None = None) -> list[Answer]:
    """Answer for one clause, or for every clause in the statement's order; the answers are kept as last proofs.

    Raises LookupError for an unknown clause id.
    """
    ids = [each.id for each in statement.document().clauses]
    if clause is not None and clause not in ids:
        raise LookupError(f"no clause `{clause}` in the statement")
    now = timezone.now()
    answers = [_answer(each, now) for each in ids if clause in (None, each)]
    with transaction.atomic():
        for answer in answers:
            values = {key: value for key, value in asdict(answer).items() if key not in ("id", "checked_at")}
            if not Proof.objects.filter(clause=answer.id, checked_at__gt=now).exists():
                Proof.objects.update_or_create(clause=answer.id, defaults={**values, "checked_at": now})
    return answers


def _answer(clause: str, now: datetime) -> Answer:
    check = CONTROLS.get(clause)
    built, named = points(clause)
    finding = (
        _looked(clause, check)
        if check
        else unproven(_built(built, named), "no control is bound to this clause yet")
    )
    if finding.status is Status.KEPT and len(built) < len(named):
        missing = ", ".join(place for place in named if place not in built)
        finding = unproven(_built(built, named), f"not built: {missing}; {finding.evidence}")
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Answer(clause, finding.status.value, finding.figure, finding.evidence, stamp)


def _looked(clause: str, check: Control) -> Finding:
    """What a control found.  One that fails has shown nothing of its clause, and keeps no other from being asked."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it met, the other clauses are answered
        kind = type(error).__name__
        log.error("the control of clause %s failed: %s", clause, kind)
        return unproven("the control failed", f"it met {kind} and did not come to an end")


def _built(built: list[str], named: list[str]) -> str:
    return f"{len(built)} of {len(named)} points" if named else "not built"
