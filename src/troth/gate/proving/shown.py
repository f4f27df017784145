"""The last proofs as pages show them: a line for each clause, the tally, when it was checked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ..published import statement
from .models import Proof

UNPROVEN = "unproven"
HOURS = 6
"""How often every clause is proved anew."""
HOLDS = timedelta(hours=2 * HOURS)
"""How long an answer counts: when two rounds brought no newer one, nobody knows whether it is still so."""


@dataclass(frozen=True, slots=True)
class ShownState:
    """A clause and what was last found of it."""

    id: str
    title: str
    state: str
    figure: str
    evidence: str
    checked_at: datetime | None


def states() -> list[ShownState]:
    """Every clause in the statement's order; one never checked, or not lately, is unproven."""
    proofs = {proof.clause: proof for proof in Proof.objects.all()}
    return [_state(clause.id, clause.title, proofs.get(clause.id)) for clause in statement.document().clauses]


def _state(id: str, title: str, proof: Proof | None) -> ShownState:
    if proof is None:
        return ShownState(id, title, UNPROVEN, "not checked yet", "", None)
    if abs(timezone.now() - proof.checked_at) > HOLDS:
        return ShownState(id, title, UNPROVEN, "not checked lately", _was(proof), proof.checked_at)
    return ShownState(id, title, proof.status, proof.figure, proof.evidence, proof.checked_at)


def _was(proof: Proof) -> str:
    return f"it was {proof.status} when last checked: {proof.figure}"


def tally(shown: list[ShownState]) -> dict[str, int]:
    """How many clauses are kept, unproven and broken."""
    return {state: sum(each.state == state for each in shown) for state in ("kept", UNPROVEN, "broken")}


def checked_at(shown: list[ShownState]) -> datetime | None:
    """When the oldest of these answers was given."""
    return min((each.checked_at for each in shown if each.checked_at), default=None)
