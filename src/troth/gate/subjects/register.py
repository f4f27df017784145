"""What is declared, read from the models themselves: nothing here is a list kept by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from troth.engine.policy import Policy
from troth.engine.statement import Problem, check_coverage

from ..published import statement
from ..registry import PLACES, PURPOSES
from .fields import ConcernsField, OnErase, OwnerField
from .models import PersonalModel
from .scope import everywhere

STRUCTURAL = frozenset({"id", "owner", "collected_under", "sealed"})

ENDINGS: list[Callable[[str], None]] = []
"""What else hangs on a subject (32 hex digits) and goes in the transaction that erases its rows."""


@dataclass(frozen=True, slots=True)
class Item:
    """One data item of a model: how it is kept and why."""

    model: str
    field: str
    category: str
    state: str
    why: str


def personal_models() -> list[type[PersonalModel]]:
    """Every concrete personal model, in a steady order."""
    found = [model for model in apps.get_models() if issubclass(model, PersonalModel)]
    return sorted(found, key=lambda model: model._meta.label)


def privacy(model: type[PersonalModel], name: str, default: Any) -> Any:
    """A declaration of the model's `class Privacy`."""
    return getattr(getattr(model, "Privacy", None), name, default)


def title(model: type[PersonalModel]) -> str:
    """What people call a row of this model."""
    return str(privacy(model, "title", model._meta.verbose_name)).capitalize()


def items(model: type[PersonalModel]) -> Iterator[Item]:
    """Every data item of a model: sealed, declared clear, or plain."""
    label, plain = model._meta.label, privacy(model, "plain", {})
    for name, seal in model.seals.items():
        yield Item(label, name, seal.category, "sealed", "found by blind index" if seal.lookup else "")
    for field in model._meta.get_fields():
        if isinstance(field, models.Field) and field.name in plain:
            yield Item(label, field.name, "", "plain", plain[field.name])
        elif declared := getattr(field, "declared", None):
            yield Item(label, field.name, declared[0], "clear", declared[1])


def undeclared(model: type[PersonalModel]) -> list[str]:
    """Columns in none of the three states."""
    indexes = {f"{name}_index" for name, seal in model.seals.items() if seal.lookup}
    known = STRUCTURAL | indexes | {item.field for item in items(model)}
    links = {f.name for f in model._meta.concrete_fields if isinstance(f, OwnerField | ConcernsField)}
    return [f.name for f in model._meta.concrete_fields if f.name not in known | links]


def edges(model: type[PersonalModel]) -> Iterator[tuple[str, OnErase, tuple[str, ...]]]:
    """(field, what happens, fields to blank) for the owner and for everyone the row concerns."""
    for field in model._meta.concrete_fields:
        if isinstance(field, OwnerField):
            yield field.name, OnErase.DELETE, ()
        elif isinstance(field, ConcernsField):
            yield field.name, field.on_erase, field.blank_fields


@cache
def hanging_on(model: type[PersonalModel]) -> list[tuple[type[PersonalModel], str, bool]]:
    """(model, link, whether it makes no sense without) of the rows that point to one of this model."""
    return [
        (other, field.name, not field.null)
        for other in personal_models()
        for field in other._meta.concrete_fields
        if field.related_model is model
    ]


@cache
def _links(known: tuple[type[PersonalModel], ...]) -> tuple[list[tuple[type[PersonalModel], str]], str]:
    """Every (model, link to a subject), and one question that asks all of them at once."""
    links = [(model, field) for model in known for field, _, _ in edges(model)]
    asked = " UNION ALL ".join(
        f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {model._meta.db_table} WHERE {field}_id = %s)"  # noqa: S608 - our own
        for n, (model, field) in enumerate(links)
    )
    return links, asked


def touching(subject: UUID) -> list[tuple[type[PersonalModel], str]]:
    """The links that lead to a subject from any row: one question, however many tables there are."""
    links, asked = _links(tuple(personal_models()))
    if not links:
        return []
    known = links[0][0]._meta.get_field("owner").get_db_prep_value(subject, connection)
    with everywhere(), connection.cursor() as cursor:
        cursor.execute(asked, [known] * len(links))
        return [links[n] for (n,) in cursor.fetchall()]


def locked(row: PersonalModel) -> PersonalModel | None:
    """The row as it stands now, held until the act ends; None when it is gone."""
    found: PersonalModel | None = type(row).every.select_for_update().filter(pk=row.pk).first()
    return found


def against_the_code(policy: Policy | None = None) -> list[Problem]:
    """Rule 8 of the statement's checker: what the code does without a clause, and the clauses without code.

    Of the statement in force, or of another.  What is used is worked out: a sealed item, for a purpose that the code
    serves and the statement uses it for.
    """
    policy = policy or statement.current()
    kept = {seal.category for model in personal_models() for seal in model.seals.values()}
    used = {("collect", category) for category in kept}
    used |= {
        (action, category)
        for action, category, purpose, recipient in policy.cells()
        if action == "use" and category in kept and purpose in PURPOSES
        if policy.alternatives(action, category, purpose, recipient)
    }
    return check_coverage(policy, used, PLACES, PURPOSES)


def readable() -> list[Item]:
    """Every column about a person that is not sealed, with the reason: the list that the statement page prints."""
    return [item for model in personal_models() for item in items(model) if item.state != "sealed"]
