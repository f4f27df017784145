"""Keys of the API, and the answers that are given again when a request comes again."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, OnErase, Sealed
from troth.workspaces.hosted import HostedModel
from troth.workspaces.models import Right

RECORD = "customer-data.record"
RIGHTS = (Right.VIEW, Right.EDIT)
"""What a key may be for."""
LONGEST_DAYS = 366
LISTED = timedelta(days=30)
"""For so long a key past its end is listed as one."""
REPEATED = timedelta(hours=24)
"""For so long an answer is given again."""


class ApiKey(HostedModel):
    """A key by which a program comes in as one person, no further than a right and perhaps one part, until a time.

    The key itself is kept by whoever made it; here lies its hash.
    """

    person = ConcernsField(on_erase=OnErase.DELETE)
    name = Sealed(models.CharField(max_length=80), RECORD)
    secret_hash = models.BinaryField(max_length=32, editable=False)
    right = models.CharField(max_length=4, choices=[(each.value, each.label) for each in RIGHTS])
    part = models.UUIDField(null=True, blank=True)
    ends_at = models.DateTimeField(db_index=True)
    made_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title = "key of the API"
        plain: ClassVar = {
            "secret_hash": "the hash of 32 random bytes", "right": "one of two words", "part": "a random id",
            "ends_at": "a time somebody chose", "made_at": "a time of ours", "last_used_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("owner", "secret_hash"), name="one_key_a_secret"),)

    def __str__(self) -> str:
        return f"API key {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """What it is narrowed to: a program that comes by it reads its name."""
        return (self.pk, *((self.part,) if self.part else ()))

    def is_of(self, person: UUID) -> bool:
        return bool(self.person_id == person)

    @property
    def has_ended(self) -> bool:
        """Whether its end has come."""
        return bool(self.ends_at <= timezone.now())


class Replay(HostedModel):
    """A request that was sent under an idempotency key, and its answer; `status` is 0 while there is none.

    `mark` and `print` are keyed with the API key's secret, which we do not keep: nobody finds out from them what was
    sent.  Its id is the first of those that the request gives to what it makes.
    """

    person = ConcernsField(on_erase=OnErase.DELETE)
    part = models.UUIDField(null=True, blank=True)
    mark = models.BinaryField(max_length=32, editable=False)
    print = models.BinaryField(max_length=32, editable=False)
    status = models.PositiveSmallIntegerField(default=0)
    answer = Sealed(models.TextField(), RECORD)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    begun_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "answer to a repeated request"
        plain: ClassVar = {
            "part": "a random id", "mark": "a keyed hash", "print": "a keyed hash", "status": "a number of ours",
            "made_at": "a time of ours", "begun_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "mark"), name="one_answer_a_mark"),)

    def __str__(self) -> str:
        return f"replay {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """What the key that it came by was narrowed to."""
        return (self.pk, *((self.part,) if self.part else ()))

    def is_of(self, person: UUID) -> bool:
        return bool(self.person_id == person)
