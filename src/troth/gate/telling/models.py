"""Corrections, who was told of each correction and erasure, and the subjects that stand for recipients.

All of it is plain: it says which kind of data, to which company, and when, and never a value.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from ..subjects.fields import OwnerField
from ..subjects.models import PersonalModel


class Desk(PersonalModel):
    """A recipient's privacy desk as a data subject: what we write to it about the erased belongs to it.

    So no row about an erasure has the erased person as its owner, or dies with them.
    """

    owner = OwnerField()
    recipient = models.CharField(max_length=80, unique=True)

    class Privacy:
        title: ClassVar = "privacy desk"
        plain: ClassVar = {"recipient": "a recipient's name in the statement"}
        kept_with_owner = True

    def __str__(self) -> str:
        return self.recipient


class Correction(PersonalModel):
    """Some data of its owner was corrected: which kind, when, by which role, and who outside had the old value.

    `is_settled` says that it covers all that was given before it; once another subject was merged in, it does not.
    """

    owner = OwnerField()
    category = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    entry = models.CharField(max_length=32)
    role = models.CharField(max_length=80, blank=True)
    recipients = models.CharField(max_length=400, blank=True)
    row_model = models.CharField(max_length=80, blank=True)
    row_id = models.UUIDField(null=True)
    is_settled = models.BooleanField(default=True)

    class Privacy:
        title: ClassVar = "correction"
        plain: ClassVar = {
            "category": "the kind of data, not the data",
            "at": "a time of ours",
            "entry": "a random id",
            "role": "the role that corrected it, which the person sees",
            "recipients": "names of recipients in the statement",
            "row_model": "the name of a table",
            "row_id": "a random id",
            "is_settled": "yes or no",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"correction of {self.category}"

    def names(self) -> list[str]:
        """The recipients who had the old value."""
        return self.recipients.split()


class Told(PersonalModel):
    """One recipient who is to be told of one correction or erasure.

    It belongs to the person while that is a correction, and to the recipient's desk when it is an erasure, the end of a
    duty or a withdrawal, whose id then stands in `erasure`.  `desk` says which of several desks a recipient has
    (`recipients.DESKS`); blank for the one that company.toml names.
    `references` are what the recipient finds its records by: Message-IDs, our own numbers.  They go on confirmation.
    """

    class Kind(models.TextChoices):
        CORRECTION = "correction"
        ERASURE = "erasure"
        DUTY = "duty", "end of a duty"
        WITHDRAWAL = "withdrawal"

    class State(models.TextChoices):
        WAITING = "waiting"
        TOLD = "told"
        CONFIRMED = "confirmed"
        OVERDUE = "overdue"

    owner = OwnerField()
    correction = models.ForeignKey(Correction, on_delete=models.PROTECT, null=True, related_name="told")
    erasure = models.UUIDField(null=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    recipient = models.CharField(max_length=80, db_index=True)
    desk = models.CharField(max_length=36, blank=True)
    category = models.CharField(max_length=80, blank=True)
    purpose = models.CharField(max_length=80, blank=True)
    references = models.TextField(blank=True)
    count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING, db_index=True)
    made_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    messages = models.TextField(blank=True)

    class Privacy:
        title: ClassVar = "recipient told of a correction"
        plain: ClassVar = {
            "correction": "a random id",
            "erasure": "a random id",
            "kind": "one of four words",
            "recipient": "a recipient's name in the statement",
            "desk": "which company among them",
            "category": "the kind of data, not the data",
            "purpose": "a purpose of the statement",
            "references": "random ids of messages and entries",
            "count": "how many references there were",
            "state": "one of four words",
            "made_at": "a time of ours",
            "tried_at": "a time of ours",
            "told_at": "a time of ours",
            "reminded_at": "a time of ours",
            "confirmed_at": "a time of ours",
            "token_hash": "the hash of a token",
            "messages": "random ids of our messages to the desk",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("correction", "recipient", "desk"), name="told_once_of_a_correction"
            ),
            models.UniqueConstraint(fields=("erasure", "recipient", "desk"), name="told_once_of_an_erasure"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
