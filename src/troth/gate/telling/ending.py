"""A duty ended, or somebody took back what they let be shared: who has it is asked to delete it, and confirms.

clause: share.providers, share.joint-offers
"""

from collections.abc import Sequence
from uuid import UUID

from ..errors import GateError
from ..uses.doors import _act
from .models import Told
from .telling import desk_of


def duty_ended(recipient: str, duty: UUID, purpose: str) -> None:
    """Have a provider told that a duty is over, by the duty's number.  Safe to repeat; call it in an act."""
    if _act.get() is None:
        raise GateError(
            "the end of a duty is told in the act that makes it: a crash would forget the telling"
        )
    Told.objects.get_or_create(
        erasure=duty, recipient=recipient,
        defaults={
            "owner_id": desk_of(recipient), "kind": Told.Kind.DUTY, "purpose": purpose, "count": 1,
            "references": f"all records of duty {duty.hex[:8]}",
        },
    )  # fmt: skip


def taken_back(recipient: str, desk: str, what: UUID, purpose: str, references: Sequence[str]) -> None:
    """Have one of a recipient's desks told that `what` was withdrawn.  Safe to repeat; call it in an act."""
    if _act.get() is None:
        raise GateError("a withdrawal is told in the act that makes it: a crash would forget the telling")
    Told.objects.get_or_create(
        erasure=what, recipient=recipient, desk=desk,
        defaults={
            "owner_id": desk_of(recipient), "kind": Told.Kind.WITHDRAWAL, "purpose": purpose,
            "count": len(references), "references": "\n".join(references),
        },
    )  # fmt: skip


def of_duty(duty: UUID) -> Told | None:
    """How far the telling of a duty's end is."""
    found: Told | None = Told.objects.filter(erasure=duty, kind=Told.Kind.DUTY).first()
    return found
