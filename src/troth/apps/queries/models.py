"""Queries that were kept under a name, and each run of one with what came of it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, OnErase, Sealed
from troth.workspaces.hosted import HostedModel

QUERY = "customer-data.query"


class Query(HostedModel):
    """SQL kept under a name; `$word` in it is a parameter."""

    name = Sealed(models.CharField(max_length=120), QUERY)
    sql = Sealed(models.TextField(max_length=20_000), QUERY)
    by = ConcernsField(on_erase=OnErase.CUT)
    made_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {"made_at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        ordering = ("made_at",)
        verbose_name_plural = "queries"

    def __str__(self) -> str:
        return f"query {self.pk}"


class Run(HostedModel):
    """One run of a query: waiting, running, then what came of it.  Only who began it, or sees all, sees the answer."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    query = models.ForeignKey(Query, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sql = Sealed(models.TextField(max_length=20_000), QUERY)
    parameters = Sealed(models.TextField(), QUERY)
    wrong = Sealed(models.TextField(), QUERY)
    by = ConcernsField(on_erase=OnErase.CUT)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING, db_index=True)
    rows = models.PositiveIntegerField(default=0)
    is_cut = models.BooleanField(default=False)
    asked_at = models.DateTimeField(default=timezone.now)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title = "run of a query"
        plain: ClassVar = {
            "query": "a random id", "state": "one of five words", "rows": "a number", "is_cut": "yes or no",
            "asked_at": "a time of ours", "began_at": "a time of ours", "ended_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-asked_at", "-pk")

    def __str__(self) -> str:
        return f"run {self.pk}"

    def is_of(self, person: UUID) -> bool:
        return bool(self.by_id == person)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state not in (self.State.WAITING, self.State.RUNNING)

    @property
    def seconds(self) -> float:
        """How long it ran, or has been running."""
        until: datetime = self.ended_at or timezone.now()
        return (until - self.began_at).total_seconds() if self.began_at else 0.0


class Answer(HostedModel):
    """What a run answered, apart from it since it may be long: JSON, a line for the columns and one for each row."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    lines = Sealed(models.TextField(), QUERY)

    class Privacy:
        title = "answer of a query"
        plain: ClassVar = {"run": "a random id"}
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "run"), name="one_answer_a_run"),)

    def __str__(self) -> str:
        return f"answer {self.pk}"

    def is_of(self, person: UUID) -> bool:
        return self.run.is_of(person)
