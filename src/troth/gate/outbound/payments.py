"""Payment processors behind one port: what they are asked, and what they tell us (clause share.processor).

A processor has pages of its own on which people type their cards; none of that comes here.  What is sent to it is a
disclosure, on record before the first byte leaves.  What it tells us it signs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from ..registry import serves
from ..subjects.models import PersonalModel
from ..uses import SYSTEM, disclose
from ..uses.actor import Ground

COLLECTING = serves("collecting-payment")
PROCESSOR = "payment-processor"


class ProcessorAway(Exception):
    """The processor cannot be reached, or did not do as asked; nothing is known of what was asked."""


class Forged(Exception):
    """What came was not signed by the processor, or is too old."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a processor is to do.  `key` makes it happen once, however often it is asked; amounts in cents.

    `kind` is `verify` (a means of payment, never a charge), `charge`, `renew` (a charge that nobody confirms on a page)
    or `refund`; `reference` is our own random id; `method` the processor's reference of a means of payment; `of` its id
    of the charge that is given back.
    """

    kind: str
    key: str
    reference: str
    return_to: str = ""
    amount: int = 0
    currency: str = ""
    method: str = ""
    name: str = ""
    address: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """What a processor made of it: its id there, and the page of the processor's to go to."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a processor told us: the id of the event, and what became of a session (`done` or `failed`, with `why`)."""

    event: str
    session: str
    kind: str
    outcome: str
    why: str = ""
    method: str = ""
    brand: str = ""
    last4: str = ""
    amount: int = 0
    currency: str = ""


class Processor(Protocol):
    """A payment processor."""

    name: str

    def begin(self, asked: Asked) -> Session:
        """Ask for something.  Raises ProcessorAway."""

    def look(self, session: str) -> Told | None:
        """What became of a session; None while nothing has.  Raises ProcessorAway."""

    def cancel(self, session: str) -> Told:
        """Call a session off, if it is not settled; what became of it in either case.  Raises ProcessorAway."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """What a call of the processor's tells; None for what does not concern us.  Raises Forged."""


def processor() -> Processor:
    """The processor of this install."""
    made: Processor = import_string(settings.TROTH_PROCESSOR["class"])()
    return made


def page_origin() -> str:
    """The origin of the processor's own pages, to which a form of ours may lead."""
    return str(settings.TROTH_PROCESSOR.get("origin") or "'self'")


def ask(asked: Asked, rows: Sequence[tuple[PersonalModel, Mapping[str, str]]], given: Ground) -> Session:
    """Ask the processor; the named fields of rows become parts of what is asked.  Raises Refused, ProcessorAway.

    `rows` are pairs of a row and, by field of it, the name of what is asked that it fills in.
    """
    parts: dict[str, Any] = {}
    for row, names in rows:
        values = disclose(
            row, list(names), to=PROCESSOR, purpose=COLLECTING, by=SYSTEM,
            country=settings.TROTH_PROCESSOR["country"], given=given, reference=asked.reference,
        )  # fmt: skip
        parts |= {names[field]: str(value or "") for field, value in values.items()}
    return processor().begin(replace(asked, **parts))


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object out of bytes from outside.  Raises Forged."""
    try:
        said = json.loads(body)
    except ValueError:
        raise Forged("no JSON") from None
    if not isinstance(said, dict):
        raise Forged("no object")
    return said
