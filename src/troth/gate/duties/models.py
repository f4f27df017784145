"""Contracts and duties of service providers, their keys, and each record that was handed over."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from ..files.models import StoredFile
from ..subjects.fields import ConcernsField, OnErase, OwnerField
from ..subjects.models import PersonalModel
from ..uses.actor import Row
from . import rules

LONGEST_NOTICE = 4000


class Contract(models.Model):
    """The contract with a recipient of the statement: its number, its days, its file and the hash of that.

    The file belongs to the recipient's desk, and is sealed as that's.
    """

    recipient = models.CharField(max_length=80, unique=True)
    number = models.CharField(max_length=80)
    signed_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("recipient",)

    def __str__(self) -> str:
        return f"contract {self.number}"


class Duty(models.Model):
    """One task of a service provider, and the ground on which records are handed to it (share.providers, share.quality).

    `last_number` counts what was handed over, `acknowledged` is the last that the provider said it has; `pushing` is the
    last of what is on its way to its server.
    """

    class Channel(models.TextChoices):
        PULL = "pull", "fetched with a key"
        WEBHOOK = "webhook", "sent to the provider’s address, signed"
        FILE = "file", "a file, fetched on the provider’s page"
        HERE = "here", "checked here, nothing leaves"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    recipient = models.CharField(max_length=80, db_index=True)
    purpose = models.CharField(max_length=80)
    rule = models.CharField(max_length=80)
    categories = models.CharField(max_length=400)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    endpoint = models.CharField(max_length=300, blank=True)
    notice = models.TextField(max_length=LONGEST_NOTICE, blank=True)
    begun_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    last_number = models.PositiveIntegerField(default=0)
    acknowledged = models.PositiveIntegerField(default=0)
    pushing = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = rules.GROUND

    class Meta:
        verbose_name_plural = "duties"
        ordering = ("recipient", "begun_at")

    def __str__(self) -> str:
        return f"duty {self.pk}"

    @property
    def reference(self) -> str:
        """Its number, as the record of uses names it."""
        return self.pk.hex[:8]

    @property
    def over_at(self) -> datetime:
        """When it was ended, or ends."""
        return self.ended_at or self.ends_at

    def is_live(self) -> bool:
        """clause: share.providers - begun, and neither ended nor past its end."""
        return self.ended_at is None and self.begun_at <= timezone.now() < self.ends_at

    def covers(self, row: Row) -> bool:
        """Rows that its rule finds, checked one by one."""
        known = rules.RULES.get(self.rule)
        return known is not None and isinstance(row, known.model) and known.covers(row)

    def named(self) -> list[str]:
        """The categories it may have."""
        return self.categories.split()

    def fields(self) -> list[str]:
        """The fields of its rule's rows that hold those."""
        known = rules.RULES.get(self.rule)
        return [known.fields[name] for name in self.named() if name in known.fields] if known else []


class ProviderKey(models.Model):
    """A key to one duty and nothing else.  The key is the provider's; here lies its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="keys")
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"key of a provider {self.pk}"


class Handover(PersonalModel):
    """One record handed over: under which duty and entry, as which number; once more under its number when `is_again`.

    It is the provider's desk that owns it, so that it can be counted when whom it was about is gone.
    """

    owner = OwnerField()
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="handovers", db_index=False)
    number = models.PositiveIntegerField()
    entry = models.CharField(max_length=32)
    about = ConcernsField(on_erase=OnErase.CUT, blank_fields=("row_id", "mark"))
    row_id = models.UUIDField(null=True, blank=True)
    mark = models.CharField(max_length=32, blank=True)
    is_again = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=20, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title: ClassVar = "record handed to a service provider"
        plain: ClassVar = {
            "duty": "a random id",
            "number": "a count",
            "entry": "a random id",
            "row_id": "a random id",
            "mark": "what the provider knows the record by: a keyed hash of a random id",
            "is_again": "yes or no",
            "at": "a time of ours",
            "outcome": "one of a few words",
            "reported_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("duty", "number")
        # Each index costs every record.  The mark is made of duty and row; with the row, it is all that a pull looks at.
        indexes = (models.Index(fields=("duty", "mark", "row_id"), name="handover_by_mark"),)
        constraints = (
            models.UniqueConstraint(
                fields=("duty", "number"), condition=models.Q(is_again=False), name="one_number_a_record"
            ),
        )

    def __str__(self) -> str:
        return f"handover {self.number}"


class Report(models.Model):
    """That a provider's report was taken: by its own id, so that the same one is taken once."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="reports")
    said = models.UUIDField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("duty", "said"), name="one_report_an_id"),)

    def __str__(self) -> str:
        return f"report {self.said}"
