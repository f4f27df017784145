"""What is done with a legal record: enter, approve, end it, and make its package.  One function for each verb."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from troth.accounts.models import Role
from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.export import handing
from troth.gate.files import stored
from troth.gate.registry import serves
from troth.gate.subjects import find, holds
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.uses import Actor, act, using
from troth.workspaces.grounds import new_number

from .models import LegalRecord, LegalSignature, NamedSubject
from .telling import tell_named

CLAUSE = "share.legal"
PLACE = "legal-desk"
AUTHORITY = "authority"
DOCUMENT, PACKAGE = "legal-matter.document", "legal-matter.package"
ENTERING = (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.OWNER)
APPROVING = {Role.PRIVACY_OFFICER: "privacy-officer", Role.OWNER: "owner"}
LONGEST = timedelta(days=730)
LONGEST_MAKING = timedelta(minutes=10)
"""After so long a package that was begun and is not there may be begun again."""

serves("complying-with-law")
serves("protecting-rights")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a record is about, which categories, made within which time."""

    subjects: frozenset[UUID]
    categories: tuple[str, ...]
    since: datetime | None
    before: datetime | None


def subjects_of(words: Collection[str]) -> set[UUID]:
    """Whom some e-mail addresses and ids name.  Raises NotNow for one that names nobody."""
    found = set[UUID]()
    for word in words:
        named = find.of_address(word) if "@" in word else _of_id(word)
        if not named:
            raise NotNow("One of these lines names nobody who has data here.")
        found |= named
    return found


def _of_id(word: str) -> set[UUID]:
    try:
        wanted = UUID(word)
    except ValueError:
        return set()
    kinds = (Kind.PERSON, Kind.CUSTOMER, Kind.WORKSPACE, Kind.VISITOR, Kind.INVITEE)
    return set(DataSubject.objects.filter(pk=wanted, kind__in=kinds).values_list("pk", flat=True))


def enter(
    by: Actor, row_id: str, facts: dict[str, Any], words: dict[str, str], scope: Scope, file: bytes | None = None
) -> LegalRecord | None:  # fmt: skip
    """Put an order, or a decision for our own rights, on record; None when this form was sent already.

    It opens nothing before two people approve it who did not enter it.  Raises NotNow, Refused.
    """
    subject = _must(by, ENTERING)
    now = timezone.now()
    if not scope.subjects or not scope.categories:
        raise NotNow("A record says whom it is about, and what of theirs. Nothing was kept.")
    if not now < facts["ends_at"] <= now + LONGEST:
        raise NotNow(f"A record ends later than now, and within {LONGEST.days} days.")
    if facts["untold_to"] is not None and facts["untold_to"] <= now:
        raise NotNow("The day until which nobody may be told is over.")
    if LegalRecord.objects.filter(pk=row_id).exists():
        return None
    row = LegalRecord(
        id=UUID(row_id), owner=DataSubject.begin(Kind.MATTER), number=new_number("L"), since=scope.since,
        before=scope.before, categories=" ".join(scope.categories), **facts,
    )  # fmt: skip
    try:
        with using(row.purpose, by=by, at=PLACE), act():
            for name, value in words.items():
                setattr(row, name, value)
            if file:
                row.order = stored.write(row.owner_id, "order", "application/octet-stream", [file], DOCUMENT)
            row.save(force_insert=True)
            LegalSignature(owner_id=subject, record=row, step="entered").save(force_insert=True)
            for each in sorted(scope.subjects):
                NamedSubject.objects.create(record=row, whom=each.hex, matter=row.owner_id.hex)
    except IntegrityError:
        if LegalRecord.objects.filter(pk=row_id).exists():
            return None  # another press of the button was quicker
        raise
    return row


def approve(by: Actor, number: str) -> bool:
    """Approve it in one's role; with the second approval it is a ground, and holds what it covers.

    True when it is one now.  Raises Refused for whoever entered it or approved it before, NotNow when it is over.
    """
    subject, step = _must(by, tuple(APPROVING)), APPROVING[Role(by.role)]
    try:
        with act():
            row = _held(number)
            if not row.is_open or row.approved_at:
                raise NotNow("This record was approved already, or is over.")
            if LegalSignature.objects.filter(record=row, owner=subject).exists():
                raise Refused("whoever entered a legal record, or approved it, does not approve it", CLAUSE)
            LegalSignature(owner_id=subject, record=row, step=step).save(force_insert=True)
            if LegalSignature.approvals(row.pk) < 2:
                return False
            LegalRecord.objects.filter(pk=row.pk).update(approved_at=timezone.now())
            _hold(row, by)
            if row.untold_until is None:
                tell_named(row)
    except IntegrityError:
        raise NotNow("Somebody of your role approved this record already.") from None
    return True


def _hold(row: LegalRecord, by: Actor) -> None:
    reach = holds.Reach(row.number, row.leaves(), row.since, row.before)
    for subject in row.subjects():
        # Of somebody whose erasure has begun there is nothing left to hold.
        if not Erasure.objects.filter(subject=subject.hex).exists():
            holds.place(subject, row.ends_at, by, reach=reach)


def end(by: Actor, number: str) -> None:
    """It is over: nothing is used on it any more, and what it held is free.  Safe to repeat."""
    _must(by, ENTERING)
    with act():
        row = _held(number)
        if row.ended_at is None:
            close(row, by)


def close(row: LegalRecord, by: Actor) -> None:
    """Part of the caller's act."""
    LegalRecord.objects.filter(pk=row.pk).update(ended_at=min(timezone.now(), row.ends_at))
    for subject in row.subjects():
        holds.lift(subject, by, row.number)


def make_package(by: Actor, number: str) -> int:
    """Hand over what it covers, as one encrypted file; returns how many rows and files are in it.

    Raises NotNow when there is one already, or no key; Refused where the record covers nothing of the kind.
    """
    _must(by, tuple(APPROVING))
    row = LegalRecord.objects.filter(number=number).first()
    if row is None or not row.is_live():
        raise NotNow("This record has ended, or was never approved. Nothing is handed over on it.")
    if not row.key:
        raise NotNow("It names no public key to encrypt the package for. Nothing was handed over.")
    now = timezone.now()
    unclaimed = Q(begun_at=None) | Q(begun_at__lt=now - LONGEST_MAKING)
    if not LegalRecord.objects.filter(unclaimed, pk=row.pk, package=None).update(begun_at=now):
        raise NotNow("The package is there already, or is being made just now.")
    to = handing.To(AUTHORITY, row.purpose, row.country, by)
    try:
        made = handing.package(row.subjects(), row, to, row.key, _about(row))
    except handing.TooMuch as much:
        LegalRecord.objects.filter(pk=row.pk).update(begun_at=None)
        raise NotNow(f"{str(much).capitalize()}. Nothing was handed over.") from None
    with using(row.purpose, by=by, at=PLACE), act():
        file = stored.write(row.owner_id, f"{row.number}.zip.age", "application/age", [made.content], PACKAGE)
        # Whoever began it anew because this took so long, or ended the record meanwhile, has the last word.
        mine = LegalRecord.objects.filter(LegalRecord.live(), pk=row.pk, begun_at=now, package=None)
        if not mine.update(package=file, items=made.items):
            raise NotNow("The record ended meanwhile, or its package was made by somebody else.")
    return made.items


def _about(row: LegalRecord) -> dict[str, Any]:
    """What the manifest says of the record; the reasons stay here."""
    return {
        "record": row.number, "kind": row.kind, "dated": row.dated.isoformat(), "made_at": timezone.now().isoformat(),
        "scope": {
            "subjects": row.named.count(), "categories": row.categories.split(),
            "since": row.since.isoformat() if row.since else None,
            "before": row.before.isoformat() if row.before else None,
        },
    }  # fmt: skip


def _held(number: str) -> LegalRecord:
    row: LegalRecord | None = LegalRecord.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise NotNow("There is no such record.")
    return row


def _must(by: Actor, roles: Collection[str]) -> UUID:
    if by.role not in roles or by.subject is None:
        raise Refused("this is for others of our staff", CLAUSE)
    return by.subject
