"""A request about one's own data, its thread, whom it covers, and what stays of it for the count."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row


class Request(PersonalModel):
    """What somebody asks about their data.  Proven to come from them, it is the ground on which it is carried out.

    It belongs to the person who was signed in, else to a subject of its own: an address proves nothing.
    """

    class Kind(models.TextChoices):
        ACCESS = "access", "See what you hold about me"
        CORRECTION = "correction", "Correct something"
        DELETION = "deletion", "Delete my data"
        RESTRICTION = "restriction", "Keep my data, but do not use it"
        OBJECTION = "objection", "Stop using my data for one purpose"
        PORTABILITY = "portability", "Take my data along"

    class State(models.TextChoices):
        RECEIVED = "received", "not proven yet"
        PROVEN = "proven", "proven"
        PROGRESS = "progress", "in progress"
        CLOSING = "closing", "answer on its way"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        LAPSED = "lapsed", "never proven"

    class Identity(models.TextChoices):
        SIGNED_IN = "signed in", "signed in"
        CODE = "mailed code", "by a mailed code"
        STAFF = "staff", "by our privacy officer"

    owner = OwnerField()
    email = Sealed(models.EmailField(max_length=254), "requests.request-email", lookup="email")
    text = Sealed(models.TextField(max_length=5000), "requests.request-text")
    number = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    purpose = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED, db_index=True)
    identity = models.CharField(max_length=12, choices=Identity.choices, blank=True)
    link_hash = models.BinaryField(max_length=32, unique=True)
    code_token = models.UUIDField(null=True)
    export_token = models.UUIDField(null=True)
    outcome = models.CharField(max_length=8, choices=State.choices[-3:], blank=True)
    refused_clause = models.CharField(max_length=60, blank=True)
    reminded = models.JSONField(default=list)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(db_index=True)
    proven_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    ground: ClassVar[str] = "request"

    class Privacy:
        title = "request about your data"
        plain: ClassVar = {
            "number": "random", "kind": "one of six words", "purpose": "a purpose of the statement",
            "state": "one of seven words", "identity": "how it was proven, one of three words",
            "link_hash": "the hash of a random token", "code_token": "a random id", "export_token": "a random id",
            "outcome": "one of three words", "refused_clause": "a clause of the statement", "reminded": "numbers of days",
            "received_at": "a time of ours", "due_at": "a time of ours", "proven_at": "a time of ours",
            "closed_at": "the time the keep rule counts from",
        }  # fmt: skip
        keep: ClassVar = {"request-closed": "closed_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("due_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=("done", "refused", "lapsed"))
                | (Q(closed_at__isnull=False, outcome=models.F("state"))),
                name="a_closed_request_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="refused") | ~Q(refused_clause=""), name="a_refusal_names_a_clause"
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED

    def is_live(self) -> bool:
        """clause: rights.ninety-days - once it is proven who asks, and until it is closed."""
        return self.proven_at is not None and not self.is_closed

    def covers(self, row: Row) -> bool:
        """Itself, and what belongs to the subjects that are proven to be the one who asks."""
        return row.owner_id == self.owner_id or row.owner_id in self.subjects()

    def subjects(self) -> set[UUID]:
        """Whom it covers beside its own subject.  Asked anew each time: an erasure takes them out."""
        found = Covered.objects.filter(request=self).exclude(subject=self.owner_id)
        return set(found.values_list("subject_id", flat=True))


CLOSED = (Request.State.DONE, Request.State.REFUSED, Request.State.LAPSED)


def waiting(subjects: set[UUID]) -> set[UUID]:
    """Which of some subjects have a request that is not closed yet."""
    rows = Request.objects.filter(owner__in=subjects).exclude(state__in=CLOSED)
    return set(rows.values_list("owner_id", flat=True))


def never_proven(subjects: set[UUID]) -> set[UUID]:
    """Which of some subjects are those of requests that ended without a proof."""
    rows = Request.objects.filter(owner__in=subjects, state=Request.State.LAPSED)
    return set(rows.values_list("owner_id", flat=True))


class Covered(PersonalModel):
    """One subject that is proven to be the one who asks; it goes with either of them."""

    owner = OwnerField()
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="covered")
    subject = ConcernsField(on_erase=OnErase.DELETE)

    class Privacy:
        title = "part of a request"
        plain: ClassVar = {"request": "a random id"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"part of {self.request_id}"


class RequestMessage(PersonalModel):
    """A message in the thread.  An outcome counts once its mail has left, or the person has read it on their page."""

    owner = OwnerField()
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="messages")
    author = ConcernsField(on_erase=OnErase.CUT)
    text = Sealed(models.TextField(max_length=5000), "requests.request-reply")
    role = models.CharField(max_length=20, blank=True)
    is_outcome = models.BooleanField(default=False)
    mail_token = models.UUIDField(null=True)
    sent_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Privacy:
        title = "message about a request"
        plain: ClassVar = {
            "request": "a random id", "role": "the role that wrote it, which the person sees", "is_outcome": "yes or no",
            "mail_token": "a random id", "sent_at": "a time of ours", "read_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("sent_at", "pk")

    def __str__(self) -> str:
        return f"message {self.pk}"


class Answered(models.Model):
    """A closed request, counted: two days and two words, and nothing that says whose it was or which."""

    mark = models.BinaryField(max_length=32, unique=True)
    kind = models.CharField(max_length=12)
    outcome = models.CharField(max_length=8)
    received_on = models.DateField()
    closed_on = models.DateField(db_index=True)
    was_late = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome}"
