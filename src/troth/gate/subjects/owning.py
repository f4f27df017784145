"""Whose rows are, over everybody: asked by controls and by the schedule, which open nothing."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Min, QuerySet

from .models import DataSubject, PersonalModel
from .scope import everywhere, opened

BATCH = 100


def owned_by_another_kind(model: type[PersonalModel], kind: str) -> int:
    """How many rows of a model belong to a subject of another kind."""
    others = DataSubject.objects.exclude(kind=kind).values("pk")
    count: int = model.every.filter(owner__in=others).count()
    return count


def leading_out(model: type[PersonalModel], link: str) -> int:
    """How many rows of a model point to a row of another owner."""
    linked = model.every.exclude(**{link: None})
    count: int = linked.exclude(**{f"{link}__owner": F("owner")}).count()
    return count


def one_of(model: type[PersonalModel], owner: UUID) -> UUID | None:
    """The id of some row of a model and an owner."""
    found: UUID | None = model.every.filter(owner=owner).order_by().values_list("pk", flat=True).first()
    return found


def count(model: type[PersonalModel], owner: UUID | None = None) -> int:
    """How many rows of a model there are, or how many one owner has."""
    rows = model.every.all() if owner is None else model.every.filter(owner=owner)
    total: int = rows.count()
    return total


def waiting(model: type[PersonalModel], since: str, **those: object) -> tuple[int, datetime | None]:
    """How many rows have such columns, and the earliest time in the column `since` of them."""
    asked = model.every.filter(**those).order_by().aggregate(count=Count("pk"), oldest=Min(since))
    return asked["count"], asked["oldest"]


def without_the_database(asked: QuerySet[PersonalModel]) -> bool:
    """Whether a query finds anything when the database's own wall is open."""
    with everywhere():
        return asked.exists()


def is_stopped(model: type[PersonalModel], here: UUID, theirs: UUID) -> bool:
    """Whether the database's own wall hides a row from whoever forgets the scope inside another workspace."""
    with opened(here):
        return not model._base_manager.filter(pk=theirs).exists()


def found(model: type[PersonalModel], **those: object) -> list[tuple[UUID, UUID]]:
    """(owner, id) of rows with such columns, the oldest first, a batch of them: what a schedule goes by."""
    rows = model.every.filter(**those).order_by("pk").values_list("owner_id", "pk")
    return list(rows[:BATCH])
