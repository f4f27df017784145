"""No address is mailed offers again and again: a keyed hash of each one, kept for a day, counts them."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.subjects.index import candidates

from .models import Asked

DAY = timedelta(days=1)
MOST_FROM_ONE = 3
"""Offers that one address gets from one workspace in a day, and that it did not accept."""
MOST_IN_ALL = 10
"""Offers that one address gets from all workspaces in a day."""


def must_spare(workspace: UUID, address: str) -> None:
    """Raises NotNow when an address has had its offers for today."""
    lately = Asked.objects.filter(address_hash__in=_marks(address), made_at__gt=timezone.now() - DAY)
    if lately.filter(owner=workspace).count() >= MOST_FROM_ONE or lately.count() >= MOST_IN_ALL:
        raise NotNow("This address was asked several times today. Wait a day before you ask it again.")


def note(workspace: UUID, address: str) -> None:
    """An offer goes to an address; part of the caller's act."""
    for mark in _marks(address):
        Asked(owner_id=workspace, address_hash=mark).save(force_insert=True)


def forget(address: str, workspace: UUID | None = None) -> None:
    """Whoever reads the address accepted an offer of a workspace, or is being erased: no count of theirs stays."""
    rows = Asked.objects.filter(address_hash__in=_marks(address))
    (rows.filter(owner=workspace) if workspace else rows).delete()


def forget_old() -> None:
    """Delete counts that are a day old."""
    Asked.objects.filter(made_at__lte=timezone.now() - DAY).delete()


def _marks(address: str) -> list[bytes]:
    """The keyed hash of an address; the same for every spelling of it."""
    return candidates("workspaces.asked", "email", address)
