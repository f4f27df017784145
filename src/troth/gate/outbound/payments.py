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

GIVEN_BACK = "given-back"
"""Kind of what is told of a payment that somebody gave back at the processor itself: `key` is the payment's."""

Rows = Sequence[tuple[PersonalModel, Mapping[str, str]]]


class ProcessorAway(Exception):
    """The processor cannot be reached, or did not do as asked; nothing is known of what was asked."""


class Forged(Exception):
    """What came was not signed by the processor, or is too old."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a processor is to do.  `key` makes it happen once, however often it is asked; amounts in cents.

    `kind` is `verify` (a means of payment, never a charge), `charge`, `renew` (a charge that nobody confirms on a page)
    or `refund`; `reference` is our own random id; `method` the processor's reference of a means of payment; `of` its id
    of the charge that is given back.  Who is done comes to `return_to`, who turns back to `back_to`.  `session` is
    what came of asking before: then nothing is begun, and its page found.
    """

    kind: str
    key: str
    reference: str
    return_to: str = ""
    back_to: str = ""
    amount: int = 0
    currency: str = ""
    method: str = ""
    name: str = ""
    address: str = ""
    of: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """What a processor made of it: its id there, and the page of the processor's to go to.

    Where there is no page to go to, it is the one to come back to: what became of it can be looked at already.
    """

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a processor told us: the id of the event, and what became of a session (`done` or `failed`, with `why`).

    `key` is the one it was asked under, where the processor repeats it: an event finds its payment by that also when the
    answer with the session's id was lost.
    """

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
    key: str = ""


class Processor(Protocol):
    """A payment processor; made of what the settings say of it."""

    name: str

    def takes(self, kind: str) -> frozenset[str]:
        """The parts of what is asked that it needs: nothing else is disclosed to it."""

    def begin(self, asked: Asked) -> Session:
        """Ask for something.  Raises ProcessorAway."""

    def find(self, asked: Asked) -> Session | None:
        """What a `charge` or `renew` made that was asked for before and whose answer was lost; None for nothing.

        Nobody is charged by that, as somebody may be who is asked again.  Raises ProcessorAway.
        """

    def look(self, session: str) -> Told | None:
        """What became of a session; None while nothing has.  Raises ProcessorAway."""

    def cancel(self, session: str) -> Told:
        """Call a session off, if it is not settled; what became of it in either case.  Raises ProcessorAway."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Told | None:
        """What a call of the processor's tells; None for what does not concern us.  Raises Forged, ProcessorAway."""

    def probe(self) -> None:
        """Whether it knows us, as `troth doctor` asks.  Raises ProcessorAway, which says what to look at."""


def names() -> list[str]:
    """The processors of this install, the first of them first."""
    return list(settings.TROTH_PROCESSORS)


def label(name: str) -> str:
    """What a buyer reads where there are several to choose from."""
    return str(settings.TROTH_PROCESSORS[name]["label"])


def recipients() -> set[str]:
    """The statement's words for the processors of this install."""
    return {str(told["recipient"]) for told in settings.TROTH_PROCESSORS.values()}


def processor(name: str) -> Processor:
    """A processor of this install.  Raises ProcessorAway for one that is not set up, or not any more."""
    told = settings.TROTH_PROCESSORS.get(name)
    if told is None:
        raise ProcessorAway("it is not set up here")
    made: Processor = import_string(told["class"])(told)
    return made


def page_origins() -> list[str]:
    """The origins of the processors' own pages, to which a form of ours may lead."""
    return [str(told["origin"] or "'self'") for told in settings.TROTH_PROCESSORS.values()]


def ask(name: str, asked: Asked, rows: Rows, given: Ground) -> Session:
    """Ask a processor; the named fields of rows become parts of what is asked.  Raises Refused, ProcessorAway.

    `rows` are pairs of a row and, by field of it, the name of what is asked that it fills in.  What the processor does
    not take, and what it was told before, is not disclosed.
    """
    asked_one = processor(name)
    takes = frozenset[str]() if asked.session else asked_one.takes(asked.kind)
    return asked_one.begin(_with(name, asked, rows, given, takes))


def find(name: str, asked: Asked, rows: Rows, given: Ground) -> Session | None:
    """Find what a processor was asked before; it learns what `ask` tells it.  Raises Refused, ProcessorAway."""
    asked_one = processor(name)
    return asked_one.find(_with(name, asked, rows, given, asked_one.takes(asked.kind)))


def _with(name: str, asked: Asked, rows: Rows, given: Ground, takes: frozenset[str]) -> Asked:
    parts = dict[str, Any]()
    told = settings.TROTH_PROCESSORS[name]
    for row, fields in rows:
        if wanted := {field: part for field, part in fields.items() if part in takes}:
            values = disclose(
                row, list(wanted), to=told["recipient"], purpose=COLLECTING, by=SYSTEM, country=told["country"],
                given=given, reference=asked.reference,
            )  # fmt: skip
            parts |= {wanted[field]: str(value or "") for field, value in values.items()}
    return replace(asked, **parts)


def parsed(body: bytes) -> dict[str, Any]:
    """A JSON object out of bytes from outside.  Raises Forged."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Forged("no JSON") from None
    if not isinstance(said, dict):
        raise Forged("no object")
    return said
