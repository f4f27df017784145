"""An export: one archive of what is held about a person, from the asking until it is taken away again."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from ..files.models import StoredFile
from ..subjects.fields import ConcernsField, OnErase, OwnerField
from ..subjects.models import PersonalModel


class Export(PersonalModel):
    """What a person asked to take along.  `held_until` is the lease of the worker that prepares it."""

    class State(models.TextChoices):
        PREPARING = "preparing"
        READY = "ready"
        EXPIRED = "expired"
        FAILED = "failed"

    owner = OwnerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PREPARING, db_index=True)
    progress = models.PositiveSmallIntegerField("progress in per cent", default=0)
    categories = models.JSONField(default=list)
    asked_by = models.CharField(max_length=40)
    attempts = models.PositiveSmallIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    draft_token = models.CharField(max_length=32, blank=True)
    is_told = models.BooleanField(default=False)
    archive = models.OneToOneField(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Privacy:
        title = "archive of your data"
        plain: ClassVar = {
            "state": "one of four words",
            "progress": "a number up to 100",
            "categories": "words of the statement",
            "asked_by": "the role that asked",
            "attempts": "a count",
            "held_until": "a time of ours",
            "draft_token": "a random name on disk",
            "is_told": "yes or no",
            "archive": "a random id",
            "asked_at": "a time of ours",
            "ready_at": "a time of ours",
            "expires_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"export {self.state}"


class Part(PersonalModel):
    """One subject whose data an export holds: its owner, or another who is proven to be the same person."""

    owner = OwnerField()
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    subject = ConcernsField(on_erase=OnErase.DELETE)

    class Privacy:
        title = "part of an archive"
        plain: ClassVar = {"export": "a random id"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"part of {self.export_id}"
