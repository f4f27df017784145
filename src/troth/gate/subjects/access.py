"""Everything held about a subject, row by row: pages, exports and answers to requests are made from it.

Runs inside a use whose ground covers the subject.  Rows of others that tell of the subject give what they tell of them
and nothing else; what a row of theirs tells of somebody else is withheld, and said to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import models

from troth.engine.policy import Permit, Policy

from ..errors import Refused
from ..published import statement
from ..registry import PLACES
from ..uses.actor import Each
from ..uses.use import Use, current_use
from . import batches
from .fields import ConcernsField
from .models import PersonalModel
from .register import STRUCTURAL, items, personal_models, touching
from .register import title as title
from .terms import keep_clause, keep_rule, kept_until

MECHANICAL = ("_hash", "token", "session")
"""How columns end that hold no word about anybody and nothing to read."""


@dataclass(frozen=True, slots=True)
class Value:
    """One item: the statement's label and reason for it, the places where it comes in, the clause that shows it.

    What is kept in clear and tells nothing about a person (a time, a choice) has no category.
    """

    name: str
    label: str
    category: str
    value: Any
    why: str
    places: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Held:
    """One row about the subject.  `hidden` are labels withheld because they tell of somebody else."""

    row: PersonalModel
    model: str
    title: str
    is_own: bool
    values: tuple[Value, ...]
    hidden: tuple[str, ...]
    keep_until: datetime | None
    keep_clause: str


def held(subject: UUID) -> Iterator[Held]:
    """Every row about a subject, model by model.  Raises Refused when the open use's ground does not cover them."""
    use = current_use()
    _stand_on_ground(use, subject)
    for model, field in touching(subject):
        if field == "owner":
            for row in batches.of(model, field, subject):
                yield _own(use, model, row, subject)
        elif telling := next((link for link in _telling(model) if link.name == field), None):
            yield from _of_others(use, model, telling, subject)


def told_of(model: type[PersonalModel], subject: UUID) -> Iterator[Held]:
    """Rows of one model that others own, as far as they tell of a subject.  Raises Refused as `held` does."""
    use = current_use()
    _stand_on_ground(use, subject)
    for telling in _telling(model):
        yield from _of_others(use, model, telling, subject)


def _of_others(use: Use, model: type[PersonalModel], telling: ConcernsField, subject: UUID) -> Iterator[Held]:
    for row in batches.of(model, telling.name, subject):
        # What somebody wrote who is being erased goes with them: it does not hold up the view of the others.
        if row.owner_id != subject and use.is_open_to(row):
            yield _of_another(use, model, row, telling, subject)


def release(one: Held) -> None:
    """Forget a row's opened values, so that a long list stays small; what was read stays on record."""
    current_use().release(one.row)


def titles() -> dict[str, str]:
    """The name of each kind of row, by model label."""
    return {model._meta.label: title(model) for model in personal_models()}


@dataclass(slots=True)
class _Anything:
    """Stands for whatever a subject has, to ask a ground whether it covers the subject."""

    owner_id: Any
    id: Any = None
    collected_under: str = ""
    sealed: bytes | memoryview | None = None


def _stand_on_ground(use: Use, subject: UUID) -> None:
    ground = use.given
    if (
        isinstance(ground, Each)
        or ground is None
        or not ground.is_live()
        or not ground.covers(_Anything(subject))
    ):
        raise Refused(
            "what is held about a person is shown on the ground of their own data, or of their request"
        )


@cache
def _telling(model: type[PersonalModel]) -> list[ConcernsField]:
    """The links of a model to people of whom it tells something."""
    fields = model._meta.concrete_fields
    return [field for field in fields if isinstance(field, ConcernsField) and field.blank_fields]


def _own(use: Use, model: type[PersonalModel], row: PersonalModel, subject: UUID) -> Held:
    others = {name for field in _telling(model) for name in _names_of(row, field, subject)}
    may = use.permits(row)
    values = [
        _value(name, seal.category, use.read(row, seal))
        for name, seal in model.seals.items()
        if name in may and name not in others
    ]
    values += [value for value in _clear(model, row) if value.name not in others]
    return _held(model, row, values, others, is_own=True)


def _names_of(row: PersonalModel, field: ConcernsField, subject: UUID) -> tuple[str, ...]:
    concerned = getattr(row, field.attname)
    return field.blank_fields if concerned is not None and concerned != subject else ()


def _of_another(
    use: Use, model: type[PersonalModel], row: PersonalModel, field: ConcernsField, subject: UUID
) -> Held:
    """A row that somebody else owns: the fields that tell of the subject, each decided and recorded for both."""
    opened, values = use.open_all(row), []
    for name in field.blank_fields:
        if (seal := model.seals.get(name)) and opened.get(name) is not None:
            clause = _clause(use, row, seal.category)
            use.note(row.owner_id.hex, seal.category, clause)
            use.note(subject.hex, seal.category, clause)
            values.append(_value(name, seal.category, opened[name]))
    values += [value for value in _clear(model, row) if value.name in field.blank_fields]
    return _held(model, row, values, set(), is_own=False)


def _clause(use: Use, row: PersonalModel, category: str) -> str:
    policy = statement.policy(row.collected_under) or use.policy
    grounds = (
        frozenset({use.given.ground}) if use.given and not isinstance(use.given, Each) else frozenset[str]()
    )
    decision = policy.decide("use", category, use.purpose, use.by.role, grounds)
    if not isinstance(decision, Permit):
        raise Refused(decision.reason, decision.clause)
    return decision.clause


def _clear(model: type[PersonalModel], row: PersonalModel) -> Iterator[Value]:
    """Columns in clear: what is declared, and times and choices that say what a row is about."""
    for name, label, category, shown in _columns(model):
        value = getattr(row, shown)() if shown else getattr(row, name)
        yield _value(name, category, value) if category else Value(name, label, "", value, "", (), "")


@cache
def _columns(model: type[PersonalModel]) -> list[tuple[str, str, str, str]]:
    """(name, label, category, method that puts it in words) of the columns that are shown."""
    found = []
    for item in items(model):
        if item.state == "sealed" or item.field in STRUCTURAL or item.field.endswith(MECHANICAL):
            continue
        field = model._meta.get_field(item.field)
        if isinstance(field, models.Field) and not isinstance(field, models.ForeignKey | models.BinaryField):
            words = f"get_{item.field}_display"
            label = str(field.verbose_name).capitalize()
            found.append((item.field, label, item.category, words if hasattr(model, words) else ""))
    return found


def _value(name: str, category: str, value: Any) -> Value:
    label, why, places, clause = _told(statement.current(), category)
    return Value(name, label, category, value, why, places, clause)


@cache
def _told(policy: Policy, category: str) -> tuple[str, str, tuple[str, ...], str]:
    """What the statement says of a category: label, reason, the built places it comes in at, the clause of these."""
    known, found = policy.categories[category], []
    for place in policy.places:
        if place in PLACES:
            found += [(place, item.clause) for item in policy.collects(place) if item.category == category]
    places = tuple(policy.places[place].label for place, _ in found)
    return known.label, known.why, places, found[0][1] if found else known.clause


def _held(
    model: type[PersonalModel], row: PersonalModel, values: list[Value], hidden: set[str], *, is_own: bool
) -> Held:
    policy = statement.current()
    shown = tuple(value for value in values if value.value not in (None, ""))
    return Held(
        row,
        model._meta.label,
        title(model),
        is_own,
        shown,
        _labels(model, hidden),
        _until(model, row, policy),
        _clause_of(model, row.collected_under, policy),
    )


def _labels(model: type[PersonalModel], names: set[str]) -> tuple[str, ...]:
    categories = statement.current().categories
    hidden = [item for item in items(model) if item.field in names and item.category] if names else []
    return tuple(sorted({categories[item.category].label for item in hidden}))


def _until(model: type[PersonalModel], row: PersonalModel, policy: Policy) -> datetime | None:
    rule = _rule(model, row.collected_under, policy)
    start = getattr(row, rule[0]) if rule else None
    return kept_until(start, rule[1], rule[2]) if rule and start else None


@cache
def _rule(model: type[PersonalModel], version: str, policy: Policy) -> tuple[str, int, str] | None:
    del policy  # another statement, another rule
    return keep_rule(model, version)


@cache
def _clause_of(model: type[PersonalModel], version: str, policy: Policy) -> str:
    del policy  # another statement, another clause
    return keep_clause(model, version)
