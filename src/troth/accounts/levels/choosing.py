"""A company chooses: what would change, whether its author would still get in, and the choice itself, on record.

Also what is done when the operator raises the floor above what somebody chose.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from troth.accounts.hooks import hooks
from troth.accounts.hooks.models import Event
from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow, acting, company_of, must_manage, places_of
from troth.accounts.people.models import Membership, Role
from troth.gate.registry import serves
from troth.gate.uses import act, using

from . import admitting, held
from .admitting import Coming, Refusal
from .law import Values, effective, is_stricter
from .models import Choice
from .orders import Value
from .table import LEVELS, SETTINGS, Setting

PLACE = "account-page"
PURPOSE = serves("running-an-account")

TIGHTENED: list[Callable[[UUID], object]] = []
"""What is done at once for each of a company's people (by their subject) when it chose anew."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What would change for one setting."""

    row: Setting
    before: Value
    after: Value

    @property
    def was(self) -> str:
        return self.row.order.shown(self.before)

    @property
    def will_be(self) -> str:
        return self.row.order.shown(self.after)

    @property
    def is_stricter(self) -> bool:
        return is_stricter(self.row.key, self.after, self.before)


def differences(before: Values, after: Values) -> list[Difference]:
    """The settings whose effect changes, in the order of the table."""
    return [
        Difference(row, before[key], after[key]) for key, row in SETTINGS.items() if before[key] != after[key]
    ]


def faults(level: str, apart: dict[str, Any]) -> dict[str, str]:
    """What cannot be chosen together, by setting."""
    if level not in LEVELS:
        return {"level": "Choose one of the three levels."}
    return {
        key: f"At the level “{LEVELS[level]}” this must be named."
        for key, row in SETTINGS.items()
        if row.is_needed_at == level and apart.get(key) is None
    }


def locked_out(by: Membership, level: str, apart: dict[str, Any], coming: Coming) -> list[Refusal]:
    """What would keep the author out at their next request, were this chosen."""
    new = held.standing(by.customer_id, by.role, level, apart)
    return admitting.refusals([new], coming)


def choose(by: Membership, level: str, apart: dict[str, Any], coming: Coming) -> list[Difference]:
    """Choose for the company; returns what changed.  Holds at once, for every session that is open.

    Raises Refused for who does not manage it, and NotNow for what would lock its author out or cannot be.
    """
    must_manage(by)
    if wrong := faults(level, apart):
        raise NotNow(" ".join(wrong.values()))
    if shut := locked_out(by, level, apart, coming):
        raise NotNow(f"This would lock you out: {shut[0].why}. Nothing was changed.")
    customer, floor = company_of(by), dict(held.floor())
    with using(PURPOSE, by=acting(by), given=customer, at=PLACE), act():
        places = places_of(by.customer_id)
        must_manage(places.get_or_say(by.pk))
        before = held.of_company(by.customer_id)
        changed = differences(before, effective(floor, level, apart))
        Choice.objects.filter(owner=by.customer_id, is_current=True).update(is_current=False)
        Choice(owner_id=by.customer_id, by_id=by.owner_id, level=level, apart=apart, floor=floor).save(
            force_insert=True
        )
        if changed:
            hooks.saw(by.customer_id, Event.What.CHANGED)
        name = str(customer.name)  # read, so that the choice stands in the record
        for place in places.values():
            if place.role == Role.OWNER and changed:
                notices.put(
                    place.owner_id,
                    "Your company’s security was changed",
                    _letter(CHANGED.format(name=name), by.customer_id, changed),
                )
    for place in places.values():
        for settle in TIGHTENED:
            settle(place.owner_id)
    return changed


CHANGED = "The security of {name} was changed:"
RAISED = (
    "We raised the floor of security. It is stricter now than what your company chose, and holds at once:"
)


def _letter(begins: str, customer: UUID, changed: Iterable[Difference]) -> str:
    page = settings.TROTH_BASE_URLS["company"] + reverse("account-people", "troth.config.urls")
    lines = [f"- {each.row.label}: {each.will_be} (before: {each.was})" for each in changed]
    return "\n".join([begins, "", *lines, "", f"To see all of it:\n{page}", ""])


def tell_of_floor() -> int:
    """Tell the owners of every company above whose choice the floor was raised; returns how many companies were told.

    What holds needs no job: it is worked out at each request.
    """
    now, told = dict(held.floor()), 0
    for choice in Choice.objects.filter(is_current=True):
        if choice.floor != now:
            told += _told_of_floor(choice, now)
    return told


def _told_of_floor(choice: Choice, now: dict[str, Value]) -> bool:
    before = effective(choice.floor, choice.level, choice.apart)
    raised = differences(before, effective(now, choice.level, choice.apart))
    raised = [each for each in raised if each.is_stricter]
    with act():
        # Of two workers one tells.
        if not Choice.objects.filter(pk=choice.pk, is_current=True, floor=choice.floor).update(floor=now):
            return False
        for place in Membership.objects.filter(customer=choice.owner_id, role=Role.OWNER):
            if raised:
                letter = _letter(RAISED, choice.owner_id, raised)
                notices.put(place.owner_id, "The floor of security was raised", letter)
    for person in Membership.objects.filter(customer=choice.owner_id).values_list("owner_id", flat=True):
        for settle in TIGHTENED:
            settle(person)
    return bool(raised)
