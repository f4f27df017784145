"""Corrections on a request: the privacy officer writes the new value that its person asked for.

Only contact data that people gave themselves can be corrected so, and only what belongs to the subjects that the
request is proven to cover (clause rights.update).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from troth.engine.policy import Policy
from troth.gate.collection import FORMS
from troth.gate.errors import GateError
from troth.gate.published import statement
from troth.gate.subjects import access, batches
from troth.gate.subjects.find import WITH_ACCOUNT
from troth.gate.subjects.models import PersonalModel
from troth.gate.subjects.register import locked
from troth.gate.telling.telling import corrected
from troth.gate.uses import Actor, act, using

from . import days, flows, fulfilling
from .models import Request, RequestMessage

COLLECTED = "collect.contact"
"""The clause by which people give us contact data."""

OPEN = (Request.State.PROVEN, Request.State.PROGRESS)
DONE = "We corrected it: {}."
TOLD = " Whoever outside had the old value is told within a day. The page of your request shows who has confirmed."


@dataclass(frozen=True, slots=True)
class Place:
    """A row in which something can be corrected: what it is called, its day, and its fields with their labels."""

    row: PersonalModel
    title: str
    day: date
    fields: dict[str, str]


def places(request: Request) -> list[Place]:
    """Where the request's subjects have contact data; nothing is opened."""
    if request.kind != Request.Kind.CORRECTION or not request.is_live():
        return []
    return [
        Place(row, access.title(model), _day(row.pk), fields)
        for subject in sorted(fulfilling.others(request))
        for model, named in _given(statement.current()).items()
        for row in batches.of(model, "owner", subject)
        if (fields := _fields(model, named, subject))
    ]


def find(request: Request, pk: UUID, name: str) -> Place | None:
    """The place of one field, if it can be corrected on this request."""
    return next((one for one in places(request) if one.row.pk == pk and name in one.fields), None)


@cache
def _given(policy: Policy) -> dict[type[PersonalModel], tuple[str, ...]]:
    """By model, the fields in which people give us contact data, and which the desk may take in as well."""
    here = {item.category for item in policy.collects(flows.DESK)}
    found: dict[type[PersonalModel], tuple[str, ...]] = {}
    for form in sorted(FORMS, key=lambda form: form.model._meta.label):
        taken = {item.category for item in policy.collects(form.place) if item.clause == COLLECTED} & here
        if names := tuple(name for name, seal in form.model.seals.items() if seal.category in taken):
            found[form.model] = names
    return found


def _fields(model: type[PersonalModel], names: tuple[str, ...], subject: UUID) -> dict[str, str]:
    # One signs in with the address of an account, and is known by it: it moves there, by a code.
    is_fixed = any(known({subject}) for known in WITH_ACCOUNT)
    known = statement.current().categories
    seals = {name: model.seals[name] for name in names}
    return {
        name: known[seal.category].label
        for name, seal in seals.items()
        if not (is_fixed and seal.lookup == "email")
    }


def _day(pk: UUID) -> date:
    """The day a row was made: ids tell it (RFC 9562)."""
    return days.day_of(datetime.fromtimestamp((pk.int >> 80) / 1000, UTC))


def value_of(place: Place, name: str) -> str:
    """What the field says now.  Runs inside a use that the request is the ground of."""
    return str(getattr(place.row, name) or "")


def correct(
    request: Request, place: Place, name: str, value: str, by: Actor, row_id: str, *, is_all: bool = True
) -> bool:
    """Write the new value, have its recipients told, and tell the person; `is_all` makes that the outcome.

    One act.  False when nothing was different.  Raises GateError when the request is not open to it any more.
    """
    with using(flows.PURPOSE, by=by, given=request, at=flows.DESK), act():
        if RequestMessage.objects.filter(pk=row_id).exists():
            return True
        if not list(Request.objects.select_for_update().filter(pk=request.pk, state__in=OPEN)):
            raise GateError("this request is not open any more; nothing was corrected")
        row: Any = locked(place.row)
        if row is None or not request.covers(row):
            raise GateError("this was erased meanwhile, or is not the person's; nothing was corrected")
        if value == (getattr(row, name) or ""):
            return False
        setattr(row, name, value or None)
        row.save(update_fields=[])
        made = corrected(row.owner_id, type(row).seals[name].category, by, row)
        text = _words(place, name, is_told=bool(made.names()))
        give = flows.give_outcome if is_all else flows.give_message
        give(request, by, text, row_id=row_id)
    return True


def _words(place: Place, name: str, *, is_told: bool) -> str:
    what = f"{place.fields[name]} ({place.title.lower()}, {place.day:%d %B %Y})"
    return DONE.format(what) + (TOLD if is_told else "")
