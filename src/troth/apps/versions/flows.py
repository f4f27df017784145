"""What is done with a version of the statement: draft, approve, drop it; tell people, and have their agreement."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from troth.accounts.models import Role
from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.engine.statement import Change, StatementError, combine, compare, compile_statement, parse
from troth.gate.errors import GateError, Refused
from troth.gate.journal.integrating import announce
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.subjects import register, versions
from troth.gate.uses import SYSTEM, Actor, act

from .models import Answer, Draft, DraftSignature

CLAUSE = "scope.sites"
DRAFTING = (Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.OWNER)
APPROVING = {Role.PRIVACY_OFFICER: "privacy-officer", Role.OWNER: "owner"}
NOTICE = timedelta(days=60)
"""How long before a change of the Subscription Agreement its new text is sent (agreement.changes)."""
LARGEST = 400_000
BATCH = 200


class Unfit(NotNow):
    """A text that cannot come into force; `problems` say where it is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("This text cannot come into force.")
        self.problems = problems


def draft(by: Actor, text: str, agreement: str, from_day: date) -> Draft:
    """Put another version on record, with what it changes in words; it is in force nowhere.

    Raises Unfit for a text that contradicts itself or the code, NotNow for a day or while another waits.
    """
    subject = _must(by, DRAFTING)
    version, changes, differs = _examined(text, agreement)
    first = timezone.now().date() + (NOTICE if differs else timedelta())
    if from_day < first:
        raise NotNow(f"It can come into force on {first:%-d %B %Y} at the earliest.")
    cells = {cell[1] for change in changes for cell in change.cells}
    row = Draft(
        text=text, agreement=agreement, version=version, base=statement.current().version, from_day=from_day,
        changes=[[change.kind, change.clause, change.text] for change in changes],
        opens=any(change.kind == "opened" for change in changes), touches=versions.touched(cells),
    )  # fmt: skip
    try:
        with act():
            row.save(force_insert=True)
            DraftSignature(owner_id=subject, draft=row, step="drafted").save(force_insert=True)
    except IntegrityError:
        raise NotNow("Another draft waits. It has to be approved or dropped first.") from None
    return row


def _examined(text: str, agreement: str) -> tuple[str, list[Change], bool]:
    """(version, changes, whether the agreement is another) of a text that may come into force.  Raises Unfit, NotNow."""
    if len(text) + len(agreement) > LARGEST:
        raise Unfit([f"the two texts are longer than {LARGEST} characters"])
    try:
        new = combine(parse(text, "statement.md"), parse(agreement, "agreement.md"))
        policy = compile_statement(new)
    except StatementError as error:
        raise Unfit([str(problem) for problem in error.problems]) from None
    missing = [str(each) for each in register.against_the_code(policy) if each.severity == "error"]
    if missing:
        raise Unfit(missing)
    if (
        StatementVersion.objects.filter(version=policy.version).exists()
        or policy.version == statement.current().version
    ):
        raise NotNow("This version was in force before, or is now. Nothing changes.")
    old = combine(statement.document(), statement.agreement())
    differs = parse(agreement, "agreement.md").version != statement.agreement().version
    return policy.version, compare(old, new), differs


def approve(by: Actor, pk: UUID) -> bool:
    """Approve it in one's role; with the second approval it is published, for its day.  True when it is.

    Raises Refused for whoever drafted it or approved it before, NotNow when it is over or rests on an older version.
    """
    subject, step = _must(by, tuple(APPROVING)), APPROVING[Role(by.role)]
    try:
        with act():
            row = _held(pk)
            if row.base != statement.current().version:
                raise NotNow("Another version came into force since it was drafted. Draft it anew.")
            if DraftSignature.objects.filter(draft=row, owner=subject).exists():
                raise Refused("whoever drafted a version, or approved it, does not approve it", CLAUSE)
            DraftSignature(owner_id=subject, draft=row, step=step).save(force_insert=True)
            if DraftSignature.objects.filter(draft=row).count() < 3:
                return False
            now = timezone.now()
            begins = max(now, datetime.combine(row.from_day, time(), UTC))
            StatementVersion.objects.create(
                version=row.version, text=row.text, agreement=row.agreement, in_force_at=begins
            )
            Draft.objects.filter(pk=row.pk).update(published_at=now)
    except IntegrityError:
        raise NotNow("Somebody of your role approved it already.") from None
    announce(row.version)
    statement.refresh(at_once=True)
    return True


def drop(by: Actor, pk: UUID) -> None:
    """It comes into force never.  Raises NotNow when it is published."""
    _must(by, DRAFTING)
    with act():
        row = _held(pk)
        Draft.objects.filter(pk=row.pk).update(dropped_at=timezone.now())


def _held(pk: UUID) -> Draft:
    row = Draft.objects.select_for_update().filter(pk=pk).first()
    if row is None or not row.is_open:
        raise NotNow("This draft was published or dropped already.")
    return row


def _must(by: Actor, roles: Any) -> UUID:
    if by.role not in roles or by.subject is None:
        raise Refused("this is for others of our staff", CLAUSE)
    return by.subject


# -- whoever it touches


def tell_people() -> int:
    """The job: everybody with an account is told of a published version, once; returns how many.

    Of one that permits nothing more, being told is enough: from its day on it counts for what they gave before.
    """
    told = 0
    for row in Draft.objects.exclude(published_at=None).order_by("published_at"):
        known = Answer.objects.filter(version=row.version[: statement.SHORT])
        fresh = Person.objects.filter(made_at__lt=row.published_at).exclude(proven_at=None)
        fresh = fresh.exclude(owner__in=known.values("owner")).order_by("pk")
        for person in fresh[:BATCH]:
            told += _tell(person.owner_id, row)
    _bring_told()
    return told


def _tell(owner: UUID, row: Draft) -> int:
    with act():
        notices.put(owner, "Our privacy statement changes", _letter(row))
        Answer(owner_id=owner, version=row.version[: statement.SHORT]).save(force_insert=True)
    return 1


def _letter(row: Draft) -> str:
    base = settings.TROTH_BASE_URLS["company"]
    page = base + reverse("version-changes", "troth.config.urls", args=[row.version])
    own = base + reverse("own-version", "troth.config.urls")
    asked = (
        f"It permits more than before. What you gave us until then stays under the old rules unless you agree:\n{own}\n"
        if row.opens
        else "It permits nothing more than before, and you need do nothing.\n"
    )
    return (
        f"Another version of our privacy statement and Subscription Agreement is in force from {row.from_day:%-d %B %Y}"
        f" on.\n\nWhat changes:\n{page}\n\n{asked}"
    )


def _bring_told() -> None:
    row = Draft.objects.filter(version=statement.current().version, opens=False).first()
    if row is None:
        return
    waiting = Answer.objects.filter(version=statement.under(), agreed_at=None).order_by("pk")
    for answer in waiting[:BATCH]:
        try:
            versions.bring_under(answer.owner_id, SYSTEM)
        except GateError:
            continue  # of somebody whose erasure has begun nothing is left to bring anywhere
        Answer.objects.filter(pk=answer.pk).update(agreed_at=timezone.now())


def agree(owner: UUID, version: str) -> int:
    """A person agrees to the version in force: what they gave before is under it from now on.

    `version` is the one they were shown.  Raises NotNow when another is in force.
    """
    if version != statement.under():
        raise NotNow("Another version is in force by now. Please look at that one.")
    moved = versions.bring_under(owner, Actor("data-subject", owner))
    with act():
        row, _ = Answer.objects.get_or_create(owner_id=owner, version=version)
        Answer.objects.filter(pk=row.pk).update(agreed_at=timezone.now())
    return moved
