"""Collections, their fields, the records in them, what of a record can be found, and what it was before."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, Declared, OnErase, OwnerField, Sealed
from troth.workspaces.hosted import HostedModel

from .import_models import Errand, Import, ImportPart, Refusal

__all__ = [
    "Change", "Collection", "Errand", "Field", "Finding", "Import", "ImportPart", "Kind", "Record", "Refusal", "Value",
]  # fmt: skip

RECORD = "customer-data.record"


class Kind(models.TextChoices):
    """What the values of a field are."""

    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    DATE = "date", "Date"
    BOOLEAN = "boolean", "Yes or no"
    CHOICE = "choice", "Choice"
    EMAIL = "email", "E-mail address"
    PHONE = "phone", "Phone number"
    REFERENCE = "reference", "Record of another collection"
    FILE = "file", "File"


class Finding(models.TextChoices):
    """How far a field gives itself away so that its values can be found."""

    NONE = "none", "Locked: nobody can search or sort by it"
    SEARCHABLE = "searchable", "Searchable: whole values can be found"
    UNIQUE = "unique", "Unique: searchable, and no two records have the same value"
    PLAIN = "plain", "Plain: can be sorted and filtered, and is kept unlocked"


class Collection(HostedModel):
    """Records of one shape."""

    name = Sealed(models.CharField(max_length=120), RECORD)
    position = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {"position": "the order somebody chose", "made_at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        ordering = ("position", "made_at")

    def __str__(self) -> str:
        return f"collection {self.pk}"


class Field(HostedModel):
    """One field of a collection.  `choices` is a JSON list of texts; `target` the collection that is referred to."""

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="fields")
    name = Sealed(models.CharField(max_length=120), RECORD)
    choices = Sealed(models.TextField(), RECORD)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    finding = models.CharField(max_length=10, choices=Finding.choices, default=Finding.NONE)
    is_required = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    target = models.ForeignKey(Collection, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Privacy:
        title = "field of a collection"
        plain: ClassVar = {
            "collection": "a random id", "kind": "one of nine words", "finding": "one of four words",
            "is_required": "yes or no", "position": "the order somebody chose", "target": "a random id",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return f"field {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.collection_id,)

    @property
    def is_found(self) -> bool:
        """Whether its values stand outside the envelope, as blind indexes or plainly."""
        return self.finding != Finding.NONE


class Record(HostedModel):
    """One record.  `content` is JSON: its values by field id.  `revision` counts its changes.

    One that is not shown belongs to an import that has not ended.
    """

    owner = OwnerField(db_index=False)  # `records_page` begins with it
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="records")
    content = Sealed(models.TextField(), RECORD)
    revision = models.PositiveIntegerField(default=1)
    is_shown = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {
            "collection": "a random id", "revision": "how often it was changed", "is_shown": "yes or no",
            "made_at": "a time of ours", "changed_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-made_at", "-pk")
        indexes = (
            models.Index(fields=("owner", "collection", "-made_at", "-id", "is_shown"), name="records_page"),
        )

    def __str__(self) -> str:
        return f"record {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.collection_id,)


BECAUSE = "the Customer chose to have this field sorted"


class Value(HostedModel):
    """One value of a record, as far as its field can be found by: a blind index, or the value in clear."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+", db_index=False)
    field = models.ForeignKey(Field, on_delete=models.PROTECT, related_name="+", db_index=False)
    index = models.BinaryField(max_length=32, null=True, editable=False)
    is_unique = models.BooleanField(default=False)
    plain_text = Declared(models.CharField(max_length=200, null=True), RECORD, because=BECAUSE)
    plain_number = Declared(
        models.DecimalField(max_digits=30, decimal_places=10, null=True), RECORD, because=BECAUSE
    )

    class Privacy:
        title = "value that can be found"
        plain: ClassVar = {
            "record": "a random id", "field": "a random id", "index": "a keyed hash, of one field of one workspace",
            "is_unique": "yes or no",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        # Each serves the link it begins with too: there are several of these rows for each record.
        constraints = (
            models.UniqueConstraint(fields=("record", "field", "owner"), name="one_value_a_field"),
            models.UniqueConstraint(
                fields=("owner", "field", "index"), condition=Q(is_unique=True), name="unique_values"
            ),
        )
        indexes = (
            models.Index(fields=("field", "index", "owner"), name="records_found"),
            models.Index(fields=("field", "plain_text", "owner"), name="records_by_text"),
            models.Index(fields=("field", "plain_number", "owner"), name="records_by_number"),
        )

    def __str__(self) -> str:
        return f"value {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.record.collection_id,)


class Change(HostedModel):
    """What a record was before one act; `act` is shared by all that one act changed.

    `before` is the content as JSON, blank for a record that was made; `revision` the one that the act led to.
    """

    class What(models.TextChoices):
        MADE = "made", "Made"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"

    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="+")
    record = models.UUIDField()
    act = models.UUIDField(default=uuid.uuid4)
    what = models.CharField(max_length=7, choices=What.choices)
    before = Sealed(models.TextField(), RECORD)
    revision = models.PositiveIntegerField()
    by = ConcernsField(on_erase=OnErase.CUT)
    at = models.DateTimeField(default=timezone.now)
    is_undone = models.BooleanField(default=False)

    class Privacy:
        title = "change of a record"
        plain: ClassVar = {
            "collection": "a random id", "record": "a random id", "act": "a random id", "what": "one of three words",
            "revision": "a number of ours", "at": "a time of ours", "is_undone": "yes or no",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=("owner", "record", "-at"), name="records_history"),
            models.Index(fields=("owner", "act"), name="records_acts"),
            models.Index(fields=("owner", "collection", "by", "-at"), name="records_last_act"),
        )

    def __str__(self) -> str:
        return f"change {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        return (self.collection_id,)
