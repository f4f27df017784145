"""What becomes of a workspace: begun, renamed, ended, taken back, deleted.  One function for each verb."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from troth.accounts.people import companies
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Membership
from troth.accounts.people.models import Role as InCompany
from troth.gate.errors import Refused
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.subjects.terms import keep_rule, kept_until
from troth.gate.uses import act

from . import agreement
from .access import Access, enter, find
from .models import Right, Role, Seat, Workspace

MOST = 50
"""Workspaces of one Customer."""


def begin(by: Membership, name: str, *, accepts: bool) -> Workspace:
    """Make a workspace for the Customer; who makes it owns it.  Raises NotNow, Refused.

    Before the first one an owner of the Customer accepts the Subscription Agreement (agreement.services).
    """
    companies.must_manage(by)
    if not agreement.is_accepted(by.customer_id):
        if not accepts or by.role != InCompany.OWNER:
            raise NotNow("An owner of the company has to accept the Subscription Agreement first.")
        agreement.accept(by.customer_id, companies.acting(by))
    with act():
        companies.places_of(
            by.customer_id
        )  # held: of two who begin one at once the second counts the first one's
        if Workspace.objects.filter(customer=by.customer_id).count() >= MOST:
            raise NotNow(f"Your company has {MOST} workspaces. Delete one that is no longer needed first.")
        subject = DataSubject.begin(Kind.WORKSPACE)
        made = Workspace(owner=subject, customer_id=by.customer_id)
        made.save(force_insert=True)
        Seat(owner_id=by.owner_id, workspace_id=subject.pk, role=Role.OWNER).save(force_insert=True)
    access = find(made, by.owner_id)
    if access is None:
        raise Refused("the workspace is gone")
    rename(access, name)
    return made


def rename(by: Access, name: str) -> None:
    """Give the workspace another name.  Raises NotNow once it has ended."""
    by.must(Right.MANAGE)
    if by.workspace.ended_at is not None:
        raise NotNow("This workspace has ended: nothing in it is changed any more.")
    with enter(by, writes=True), act():
        by.workspace.name = name
        by.workspace.save(update_fields=[])


def end(by: Access) -> None:
    """Nobody changes anything in it any more; everything can be taken along, until it is erased (agreement.leaving)."""
    by.must(Right.OWN)
    with act():
        Workspace.objects.filter(pk=by.workspace.pk, ended_at=None).update(ended_at=timezone.now())


def take_back(by: Access) -> None:
    """Go on with an ended workspace.  Raises NotNow when its company is closed."""
    by.must(Right.OWN)
    with act():
        if not Workspace.objects.filter(pk=by.workspace.pk, customer__isnull=False).update(ended_at=None):
            raise NotNow("The company of this workspace is closed, so the workspace cannot go on.")


def delete(by: Access) -> Erasure:
    """Erase the workspace with everything in it at once.  Raises Obstructed."""
    by.must(Right.OWN)
    subject: UUID = by.workspace.owner_id
    return erase(subject.hex, by.actor)


def erased_on(row: Workspace) -> datetime | None:
    """The day an ended workspace is erased; None while it goes on."""
    rule = keep_rule(Workspace, row.collected_under)
    return kept_until(row.ended_at, rule[1], rule[2]) if rule and row.ended_at else None
