"""Legal holds of the statement itself (`keep ... at least`): until the day neither a request nor its time ends the row.

A row that stays without naming the erased (its link is cut) obstructs nothing: so invoices belong to a year's books.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from .fields import OnErase
from .heirs import heir_of
from .models import PersonalModel
from .obstacles import OBSTACLES, Obstacle
from .register import edges, hanging_on, personal_models, privacy, title, touching
from .terms import floors, last_end

Standing = tuple[datetime, str, type[PersonalModel]]
"""Until when, by which clause, rows of which model."""


def keeps(model: type[PersonalModel], row: PersonalModel) -> bool:
    """Whether a hold keeps a row, or what would go with it."""
    return any(True for _ in _in(model, model.every.filter(pk=row.pk)))


def standing(subject: UUID) -> list[Standing]:
    """What of a subject's an erasure would end before its time."""
    if not any(floors(model) for model in personal_models()):
        return []  # no question to the store where no rule is
    found = [each for model, link in touching(subject) for each in _of(model, link, subject)]
    return sorted(found, key=lambda each: each[0])


def _of(model: type[PersonalModel], link: str, subject: UUID) -> Iterator[Standing]:
    on_erase, blank = next((how, names) for name, how, names in edges(model) if name == link)
    rows = model.every.filter(**{link: subject})
    if on_erase is OnErase.BLANK:
        yield from _dated(model, rows.exclude(owner=subject), blank)
    elif on_erase is OnErase.DELETE:
        handed = link == "owner" and privacy(model, "heir", "") and floors(model)
        yield from _in(
            model, rows.exclude(pk__in=[row.pk for row in rows if heir_of(row)]) if handed else rows
        )


def _in(model: type[PersonalModel], rows: Any) -> Iterator[Standing]:
    """Of some rows and of all that makes no sense without them."""
    yield from _dated(model, rows)
    for other, link, is_needed in hanging_on(model):
        if is_needed:
            yield from _in(other, other.every.filter(**{f"{link}__in": rows.values("pk")}))


def _dated(model: type[PersonalModel], rows: Any, names: tuple[str, ...] | None = None) -> Iterator[Standing]:
    now = timezone.now()
    for rule in floors(model, names):
        if (end := last_end(rows, rule)) is not None and end > now:
            yield end, rule[1].clause, model


def _obstacle(subject: str) -> list[Obstacle]:
    return [
        Obstacle(
            f"the law wants this kept for now: {title(model)}",
            "you need do nothing: ask again after that day, or write to us if you think it wrong",
            clause,
            end,
        )
        for end, clause, model in standing(UUID(subject))
    ]


OBSTACLES.append(_obstacle)
