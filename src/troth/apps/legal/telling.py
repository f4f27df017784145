"""Customers are told of a record that is about them: at its approval, or when that is no longer forbidden."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.models import Membership
from troth.accounts.people.models import Role as Place
from troth.gate.published import statement
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using
from troth.workspaces.models import RIGHT_OF, Right, Seat
from troth.workspaces.models import Role as SeatRole

from .models import LegalRecord, NamedSubject

BATCH = 200


def tell_due() -> int:
    """The job: tell whoever may be told by now; returns how many."""
    told = 0
    waiting = NamedSubject.objects.filter(told_at=None).exclude(record__approved_at=None)
    rows = LegalRecord.objects.filter(pk__in=waiting.values("record")).exclude(untold_to__gt=timezone.now())
    for row in rows.order_by("approved_at")[:BATCH]:
        with act():
            row.lock()
            told += tell_named(row)
    return told


def tell_named(row: LegalRecord) -> int:
    """Write to everybody it names who was not told, in the caller's act.

    Of a workspace those who manage it are told, of a company its owners.  Who has no account finds it in the record of
    uses alone.
    """
    waiting = list(row.named.filter(told_at=None).order_by("pk"))
    if waiting:
        text = _letter(row)
        for named in waiting:
            for person in readers(UUID(named.whom)):
                notices.put(person, "Your data and the law", text)
        NamedSubject.objects.filter(pk__in=[named.pk for named in waiting]).update(told_at=timezone.now())
    return len(waiting)


def readers(subject: UUID) -> list[UUID]:
    """Whose post it is when something is said to a subject."""
    kind = DataSubject.objects.filter(pk=subject).values_list("kind", flat=True).first()
    if kind == Kind.WORKSPACE:
        seats = Seat.objects.filter(workspace=subject)
        return [seat.owner_id for seat in seats if RIGHT_OF[SeatRole(seat.role)].reaches(Right.MANAGE)]
    if kind == Kind.CUSTOMER:
        owners = Membership.objects.filter(customer=subject, role=Place.OWNER)
        return list(owners.values_list("owner_id", flat=True))
    return [subject] if kind else []


def _letter(row: LegalRecord) -> str:
    policy = statement.current()
    with using(row.purpose, by=SYSTEM):
        who = row.authority
    labels = [policy.categories[name].label for name in row.categories.split() if name in policy.categories]
    is_order = row.kind == LegalRecord.Kind.ORDER
    why = (
        f"as {who} demands"
        if is_order and who
        else "as the law requires"
        if is_order
        else "to protect our rights"
    )
    page = settings.TROTH_BASE_URLS["company"] + reverse("own-uses", "troth.config.urls")
    return (
        f"We have put on record that we use or disclose data about you {why}.\n\n"
        f"Number: {row.number}\nWhat it covers: {', '.join(labels)}\n"
        f"Until: {row.ends_at:%-d %B %Y} at the latest; what it covers is not deleted before\n\n"
        f"Two people approved it. Each use of your data on it is in your record of uses:\n{page}\n\n"
        f"The clause of our privacy statement: {policy.clauses['share.legal'].title}\n"
    )
