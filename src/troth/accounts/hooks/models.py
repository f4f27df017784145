"""Where a company's own server is told of what happens to its security, and what it has not heard yet."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.ids import uuid7
from troth.gate.subjects.fields import OwnerField
from troth.gate.subjects.models import PersonalModel


class Hook(PersonalModel):
    """The one server that a company wants told; `address` lies in a box, since it can hold a password of theirs."""

    owner = OwnerField()
    address = models.CharField(max_length=1000)
    made_at = models.DateTimeField(default=timezone.now)
    heard_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    is_told_of_failing = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    missed = models.PositiveIntegerField(default=0)

    class Privacy:
        title = "server to be told"
        plain: ClassVar = {
            "address": "sealed in a box: a server of the company’s, and nobody’s data", "made_at": "a time of ours",
            "heard_at": "a time of ours", "failing_since": "a time of ours", "is_told_of_failing": "yes or no",
            "attempts": "a count", "due_at": "a time of ours", "missed": "a count",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner",), name="one_hook_a_company"),)

    def __str__(self) -> str:
        return f"hook {self.pk}"


class Event(PersonalModel):
    """Something that a company's server is to be told, until it has heard it.  Of people it holds nothing."""

    class What(models.TextChoices):
        NEW_BROWSER = "session.new-browser", "Somebody signed in from a browser not seen with them before"
        COPIED = "session.copied", "A session was ended: an old or copied mark of it was shown"
        CHANGED = "security.changed", "The company’s security was changed"
        KEY_MADE = "key.made", "Somebody made a key for programs"
        TRIED = "try", "A manager tried this out"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = OwnerField()
    what = models.CharField(max_length=20, choices=What.choices)
    at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "something a server is to be told"
        plain: ClassVar = {
            "what": "one of five words", "at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"event {self.pk}"
