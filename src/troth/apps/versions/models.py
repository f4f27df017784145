"""Another version of the statement, on its way: drafted, approved by two, told to whoever it touches."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.subjects.fields import OwnerField
from troth.gate.subjects.models import PersonalModel


class Draft(models.Model):
    """A statement and an agreement that are to come into force on a day; one at a time.

    `changes` are the differences in words, as they were approved; `opens` says that it permits something more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.TextField()
    agreement = models.TextField()
    version = models.CharField(max_length=64)
    base = models.CharField(max_length=64)
    changes = models.JSONField()
    touches = models.PositiveIntegerField()
    opens = models.BooleanField()
    from_day = models.DateField()
    entered_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-entered_at",)
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(published_at=None, dropped_at=None), name="one_draft_at_a_time"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.version[:16]

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return self.published_at is None and self.dropped_at is None


class DraftSignature(PersonalModel):
    """Who drafted it, and who approved it: three people, the approvers of two roles."""

    class Step(models.TextChoices):
        DRAFTED = "drafted"
        OFFICER = "privacy-officer"
        OWNER = "owner"

    owner = OwnerField()
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="signatures")
    step = models.CharField(max_length=15, choices=Step.choices)
    signed_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "signature under a version of the statement"
        plain: ClassVar = {
            "draft": "a random id",
            "step": "one of three words",
            "signed_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("draft", "owner"), name="three_people_under_a_draft"),
            models.UniqueConstraint(fields=("draft", "step"), name="one_of_each_under_a_draft"),
        )

    def __str__(self) -> str:
        return f"signature {self.pk}"


class Answer(PersonalModel):
    """That a person was told of a version, and whether they agreed to it."""

    owner = OwnerField()
    version = models.CharField(max_length=16)
    told_at = models.DateTimeField(default=timezone.now)
    agreed_at = models.DateTimeField(null=True)

    class Privacy:
        title = "change of the statement you were told of"
        plain: ClassVar = {
            "version": "the statement’s own hash", "told_at": "a time of ours", "agreed_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "version"), name="told_once_of_a_version"),)

    def __str__(self) -> str:
        return f"answer {self.pk}"
