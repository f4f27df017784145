"""Credit checking services behind one port: who is asked whether a company pays its bills, and what they answer.

The ground of asking is a consent to this one check (clause use.billing).  What is asked is a disclosure, on record before
the first byte leaves; to a service that cannot be reached nothing is disclosed.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from ..registry import serves
from ..subjects.models import PersonalModel
from ..uses import SYSTEM, disclose
from ..uses.actor import Ground

CHECKING = serves("checking-qualification")
CHECKER = "credit-checker"
OUTCOMES = ("qualified", "declined", "look")
MOST_REASONS, LONGEST_REASON = 5, 180


class CheckerAway(Exception):
    """The service cannot be reached, or did not answer as agreed."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a service is asked.  `key` makes it one inquiry, however often it is asked; `reference` is our own random id.

    `said` is what the company adds about itself; the country is that of the billing address (ISO 3166-1).
    """

    key: str
    reference: str
    country: str
    name: str = ""
    address: str = ""
    employees: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a service answers: one of OUTCOMES, and its reasons in words that the company is shown."""

    outcome: str
    reasons: tuple[str, ...]


class Line(Protocol):
    """An open line to a service."""

    def ask(self, inquiry: Inquiry) -> Opinion:
        """Raises CheckerAway."""


class Checker(Protocol):
    """A credit checking service."""

    def line(self) -> AbstractContextManager[Line]:
        """Reach the service, and tell it nothing yet.  Raises CheckerAway."""


def checker() -> Checker | None:
    """The service of this install; None where a person looks instead."""
    name = settings.TROTH_CREDIT["class"]
    made: Checker | None = import_string(name)() if name else None
    return made


def ask(
    inquiry: Inquiry, rows: Sequence[tuple[PersonalModel, Mapping[str, str]]], given: Ground
) -> Opinion | None:
    """Ask the service; the named fields of rows become parts of what is asked.  None where there is no service.

    `rows` are pairs of a row and, by field of it, the name of what it fills in.  Raises Refused, CheckerAway.
    """
    service = checker()
    if service is None:
        return None
    with service.line() as line:
        parts: dict[str, Any] = {}
        for row, names in rows:
            values = disclose(
                row, list(names), to=CHECKER, purpose=CHECKING, by=SYSTEM,
                country=settings.TROTH_CREDIT["country"], given=given, reference=inquiry.reference,
            )  # fmt: skip
            parts |= {names[field]: "" if value is None else str(value) for field, value in values.items()}
        return line.ask(replace(inquiry, **parts))


def opinion_of(said: Any) -> Opinion:
    """An answer from outside, as far as it is as agreed: reasons are short lines of plain text.  Raises CheckerAway."""
    outcome, reasons = (said.get("outcome"), said.get("reasons")) if isinstance(said, dict) else (None, None)
    if outcome not in OUTCOMES or not isinstance(reasons, list):
        raise CheckerAway("it answered something else than was agreed")
    lines = [" ".join(each.split()) for each in reasons if isinstance(each, str)]
    plain = ["".join(letter for letter in line if letter.isprintable())[:LONGEST_REASON] for line in lines]
    return Opinion(outcome, tuple(line for line in plain if line)[:MOST_REASONS])
