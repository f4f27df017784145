"""What the law asks of the Company, or what it decides for its own rights: each on record, with what it covers."""

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.files.models import StoredFile
from troth.gate.ids import made_at
from troth.gate.published import statement
from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.merging import MERGINGS
from troth.gate.subjects.models import PersonalModel
from troth.gate.subjects.register import ENDINGS
from troth.gate.uses.actor import Row

PURPOSES = {"order": "complying-with-law", "own-rights": "protecting-rights"}


class LegalRecord(PersonalModel):
    """One order of an authority, or one decision for the Company's own rights.  It is a ground once two approved it.

    It belongs to a subject of its own, the matter, so that nobody it is about finds it among what is held about them.
    """

    class Kind(models.TextChoices):
        ORDER = "order", "An order, or what the law requires"
        OWN_RIGHTS = "own-rights", "Our own rights"

    owner = OwnerField()
    authority = Sealed(models.CharField(max_length=200), "legal-matter.authority")
    reference_given = Sealed(models.CharField(max_length=120), "legal-matter.reference")
    reasons = Sealed(models.TextField(max_length=5000), "legal-matter.reasons")
    number = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    country = models.CharField(max_length=2)
    dated = models.DateField()
    categories = models.TextField()
    since = models.DateTimeField(null=True)
    before = models.DateTimeField(null=True)
    deadline = models.DateField(null=True)
    untold_to = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    key = models.CharField(max_length=100, blank=True)
    order = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    package = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    items = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, db_index=True)

    ground: ClassVar[str] = "legal-record"

    class Privacy:
        title = "legal record"
        plain: ClassVar = {
            "number": "random", "kind": "one of two words", "country": "of the authority", "dated": "a day of the order",
            "categories": "the statement’s words", "since": "a time of the scope", "before": "a time of the scope",
            "deadline": "a day of the order", "untold_to": "a time of the order", "ends_at": "a time of the order",
            "key": "a public key of the authority", "order": "a random id", "package": "a random id", "items": "a count",
            "begun_at": "a time of ours", "entered_at": "a time of ours", "approved_at": "a time of ours",
            "ended_at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"legal-record-ended": "ended_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("-entered_at", "pk")

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        """How the record of uses names it."""
        return self.number

    @property
    def purpose(self) -> str:
        """What it allows data to be used for."""
        return PURPOSES[self.kind]

    @property
    def until(self) -> datetime:
        """Its last moment, past or to come."""
        return min(self.ended_at, self.ends_at) if self.ended_at else self.ends_at

    @property
    def is_open(self) -> bool:
        """Whether it was open when this copy was read."""
        return self.until > timezone.now()

    @property
    def untold_until(self) -> datetime | None:
        """Before when nobody may be told; None once they may."""
        return self.untold_to if self.untold_to and self.untold_to > timezone.now() else None

    @classmethod
    def live(cls) -> Q:
        """Those that were approved and are not over."""
        return Q(approved_at__isnull=False, ended_at=None, ends_at__gt=timezone.now())

    def is_live(self) -> bool:
        """clause: share.legal - as it stands in the store now, approved by two who did not enter it."""
        is_on = LegalRecord.objects.filter(self.live(), pk=self.pk).exists()
        return is_on and LegalSignature.approvals(self.pk) == 2

    def lock(self) -> None:
        """Keep it as it is until the act ends."""
        list(LegalRecord.objects.select_for_update().filter(pk=self.pk).values_list("pk"))

    def subjects(self) -> list[UUID]:
        """Whom it names."""
        return [UUID(each) for each in self.named.order_by("pk").values_list("whom", flat=True)]

    def leaves(self) -> frozenset[str]:
        """The categories it covers, down to the last ones."""
        return leaves(self.categories.split())

    def covers(self, row: Row) -> bool:
        """A row of somebody it names, made within its time; one that does not tell when it was made only without."""
        named = NamedSubject.objects.filter(record=self, whom=row.owner_id.hex).exists()
        if not named or (self.since is None and self.before is None):
            return named
        made = made_at(row.id) if isinstance(row.id, UUID) else None
        return (
            made is not None
            and (self.since is None or made >= self.since)
            and (self.before is None or made < self.before)
        )

    def covers_category(self, category: str) -> bool:
        """What it names, and nothing beside that."""
        return category in self.leaves()

    def workspaces(self) -> list[UUID]:
        """Whom it names: those that are workspaces can be looked into."""
        return self.subjects()

    def part_ids(self, workspace: UUID) -> set[UUID] | None:
        """Everything of a workspace it names, as far as its categories go (None); nothing elsewhere."""
        return None if workspace in self.subjects() else set()


def leaves(names: Collection[str]) -> frozenset[str]:
    """The categories without others below them, at or below some."""
    known, found, waiting = statement.current().categories, set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in known:
            waiting += known[name].children
            if not known[name].children:
                found.add(name)
    return frozenset(found)


class NamedSubject(models.Model):
    """Somebody a record is about (32 hex digits), and when they were told.

    No link: the person's own pages, which follow links, must not tell before they may.  It goes with the
    subject, and with the matter that the record belongs to (32 hex digits as well).
    """

    record = models.ForeignKey(LegalRecord, on_delete=models.CASCADE, related_name="named")
    whom = models.CharField(max_length=32, db_index=True)
    matter = models.CharField(max_length=32, db_index=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("record", "whom"), name="named_once_in_a_record"),)

    def __str__(self) -> str:
        return f"named {self.pk}"


class LegalSignature(PersonalModel):
    """Who entered a record, and who approved it: three people, the approvers of two roles."""

    class Step(models.TextChoices):
        ENTERED = "entered"
        OFFICER = "privacy-officer"
        OWNER = "owner"

    owner = OwnerField()
    record = models.ForeignKey(LegalRecord, on_delete=models.CASCADE, related_name="signatures")
    step = models.CharField(max_length=15, choices=Step.choices)
    signed_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "signature under a legal record"
        plain: ClassVar = {
            "record": "a random id",
            "step": "one of three words",
            "signed_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("record", "owner"), name="three_people_under_a_legal_record"),
            models.UniqueConstraint(fields=("record", "step"), name="one_of_each_under_a_legal_record"),
        )

    def __str__(self) -> str:
        return f"signature {self.pk}"

    @classmethod
    def approvals(cls, record: UUID) -> int:
        """How many approvals stand under a record."""
        return int(cls.objects.filter(record=record).exclude(step=cls.Step.ENTERED).count())


def _end(subject: str) -> None:
    NamedSubject.objects.filter(Q(whom=subject) | Q(matter=subject)).delete()


def _move(one: str, into: str) -> None:
    for row in NamedSubject.objects.filter(whom=one):
        if NamedSubject.objects.filter(record=row.record_id, whom=into).exists():
            row.delete()
        else:
            NamedSubject.objects.filter(pk=row.pk).update(whom=into)


ENDINGS.append(_end)
MERGINGS.append(_move)
