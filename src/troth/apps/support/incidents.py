"""Incidents: opened by one administrator, approved by another, ended by either (clause hosting.access)."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.uses import Actor, act
from troth.workspaces.models import Workspace

from .models import LONGEST_INCIDENT, Affected, Incident, Signature


def _must(by: Actor) -> UUID:
    if by.role != Role.ADMINISTRATOR or by.subject is None:
        raise Refused("only administrators open and approve incidents", "hosting.access")
    return by.subject


def open_one(by: Actor, number: str, kind: str, about: str, workspaces: set[UUID], ends_at: datetime) -> None:
    """Put a problem, or planned work, on record; no ground before somebody else approves it.  Raises NotNow, Refused.

    `number` comes with the form: one that is on record already is left as it is.
    """
    subject = _must(by)
    if not timezone.now() < ends_at <= timezone.now() + LONGEST_INCIDENT + timedelta(minutes=1):
        raise NotNow(f"An incident ends later than now, and within {LONGEST_INCIDENT.days} days.")
    if Incident.objects.filter(number=number).exists():
        return
    with suppress(IntegrityError), act():  # another press of the button may be quicker
        known = set(Workspace.objects.filter(owner__in=workspaces).values_list("owner_id", flat=True))
        if not workspaces or known != workspaces:
            raise NotNow("Name the workspaces that it reaches; one of these is not here, or not any more.")
        row = Incident(number=number, kind=kind, about=about, ends_at=ends_at)
        row.save(force_insert=True)
        Signature(owner_id=subject, incident=row, is_approval=False).save(force_insert=True)
        for workspace in sorted(workspaces):
            Affected(owner_id=workspace, incident=row).save(force_insert=True)


def approve(by: Actor, number: str) -> None:
    """From here on it is a ground.  Raises Refused for whoever opened it, NotNow when it is approved or over."""
    subject = _must(by)
    try:
        with act():
            row = _held(number)
            if not row.is_open or row.approved_at:
                raise NotNow("This incident was approved already, or is over.")
            if Signature.objects.filter(incident=row, owner=subject).exists():
                raise Refused("somebody else than who opened an incident approves it", "hosting.access")
            Signature(owner_id=subject, incident=row, is_approval=True).save(force_insert=True)
            Incident.objects.filter(pk=row.pk).update(approved_at=timezone.now())
    except IntegrityError:
        raise NotNow("This incident was approved already.") from None


def end(by: Actor, number: str) -> None:
    """It is over: nobody looks on it any more."""
    _must(by)
    with act():
        row = _held(number)
        if row.is_open:
            Incident.objects.filter(pk=row.pk).update(ended_at=timezone.now())


def _held(number: str) -> Incident:
    row = Incident.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise NotNow("There is no such incident.")
    return row
