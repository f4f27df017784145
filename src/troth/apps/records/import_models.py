"""Imports: a file that becomes records, the pieces it came in, and the rows that could not be kept."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from troth.gate.files.models import StoredFile
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.workspaces.hosted import HostedModel

FILE = "customer-data.file"
UNDONE_WITHIN = timedelta(days=7)
"""For how long an import can be taken back whole."""
LEFT_AFTER = timedelta(days=7)
"""After so long without a word, an import that waits for somebody is over."""
FORGOTTEN_AFTER = timedelta(days=30)
"""For so long an import that ended, and the rows it refused, can be looked at."""


class Import(HostedModel):
    """One file on its way into a collection.

    `name` is the file's; `plan` is JSON: how it is read, and which column becomes which field.  `done` is how many of
    its rows are dealt with, and moves in the transaction that deals with them.  `held_until` and `holder` are the lease
    of the worker that has it.  `is_clearing` says that what it left is still to be taken away.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", "Waits for you"
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Imported"
        REFUSED = "refused", "Nothing imported"
        STOPPED = "stopped", "Stopped"
        UNDONE = "undone", "Undone"

    class Why(models.TextChoices):
        """Why one stopped."""

        ASKED = "asked", "Somebody stopped it."
        ACCESS = "access", "Whoever began it may not change this collection any more."
        FIELDS = "fields", "A field that it was to fill is gone."
        FILE = "file", "Its file could not be read to the end."
        FAILED = "failed", "It failed three times on our side."
        LEFT = "left", "Nobody went on with it for a week."

    collection = models.ForeignKey("records.Collection", on_delete=models.CASCADE, related_name="+")
    name = Sealed(models.CharField(max_length=255), FILE)
    plan = Sealed(models.TextField(), FILE)
    state = models.CharField(max_length=7, choices=State.choices, default=State.MAPPING, db_index=True)
    why = models.CharField(max_length=6, choices=Why.choices, blank=True)
    keeps_good = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=32, blank=True)
    held_until = models.DateTimeField(null=True)
    is_clearing = models.BooleanField(default=False, db_index=True)
    by = ConcernsField(on_erase=OnErase.CUT)
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Privacy:
        plain: ClassVar = {
            "collection": "a random id", "state": "one of seven words", "why": "one of six words",
            "keeps_good": "yes or no", "size": "a number of bytes", "total": "a count", "done": "a count",
            "refused": "a count", "attempts": "a count", "holder": "a random token", "held_until": "a time of ours",
            "is_clearing": "yes or no", "asked_at": "a time of ours", "ended_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.collection_id,)

    @property
    def kept(self) -> int:
        """How many of its rows became records."""
        return self.done - self.refused

    @property
    def undone_until(self) -> Any:
        """Until when it can be taken back; None when it cannot."""
        if self.state != self.State.DONE or self.ended_at is None:
            return None
        until = self.ended_at + UNDONE_WITHIN
        return until if until > timezone.now() else None

    def record_id(self, number: int) -> UUID:
        """The id of the record that a row becomes, by the row's number: a row that comes twice is the same record."""
        return UUID(bytes=self.pk.bytes[:12] + number.to_bytes(4, "big"))

    @property
    def record_ids(self) -> tuple[UUID, UUID]:
        """The first and the last id that its records can have."""
        return self.record_id(0), self.record_id(0xFFFFFFFF)


class ImportPart(HostedModel):
    """One piece of an import's file, in its place."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="pieces")
    position = models.PositiveIntegerField()
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")

    class Privacy:
        title = "piece of an import"
        plain: ClassVar = {"of": "a random id", "position": "a number", "stored": "a random id"}
        kept_with_owner = True

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("owner", "of", "position"), name="one_piece_a_place"),)

    def __str__(self) -> str:
        return f"piece {self.position} of {self.of_id}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.of.collection_id,)


class Refusal(HostedModel):
    """Rows of a file that could not be kept; `content` is JSON: number, (column, reason) pairs and cells of each.

    `position` counts the rows dealt with before them.
    """

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="refusals")
    position = models.PositiveIntegerField()
    content = Sealed(models.TextField(), FILE)

    class Privacy:
        title = "rows that were not imported"
        plain: ClassVar = {"of": "a random id", "position": "a number"}
        kept_with_owner = True

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("owner", "of", "position"), name="refused_once"),)

    def __str__(self) -> str:
        return f"refused rows of {self.of_id}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.of.collection_id,)


class Errand(PersonalModel):
    """That an import has something to do for the worker, and when: found without entering any workspace."""

    owner = OwnerField()
    of = models.UUIDField(unique=True)
    due_at = models.DateTimeField(db_index=True)

    class Privacy:
        title = "errand of an import"
        plain: ClassVar = {"of": "a random id", "due_at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        ordering = ("due_at",)

    def __str__(self) -> str:
        return f"errand of {self.of}"

    @classmethod
    def put(cls, imported: Import, due_at: datetime | None = None) -> None:
        """Have the worker come to an import, now or later; within the act that makes it necessary."""
        due_at = due_at or timezone.now()
        if not cls.objects.filter(of=imported.pk).update(due_at=due_at):
            cls(owner_id=imported.owner_id, of=imported.pk, due_at=due_at).save(force_insert=True)
