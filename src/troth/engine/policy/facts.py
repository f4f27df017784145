"""What a compiled statement says beside its decisions; the gate, the forms and the pages read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of personal data; `clause` is where it is defined, empty in the opening block."""

    name: str
    label: str
    why: str
    parent: str | None
    children: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """What data is used for; `top` stands at the top of its tree; the public log names only that."""

    name: str
    label: str
    parent: str | None
    top: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may collect, use or be given data."""

    name: str
    label: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Ground:
    """A record that must exist for a use to be allowed."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where data is collected or something is said: a form, a page."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Collected:
    """One item that a place asks for. `by` names who collects it, `clause` the promise that says so."""

    category: str
    required: bool
    label: str
    why: str
    clause: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a category is kept: `amount` of `unit` after `event` (an event's name)."""

    category: str
    amount: int
    unit: Unit
    event: str
    clause: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A use of a category that only these purposes (and those below them) may have."""

    action: str
    category: str
    purposes: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class Promise:
    """Something promised by name; amount 0 means that no time was named."""

    name: str
    amount: int
    unit: str
    clause: str


@dataclass(frozen=True, slots=True)
class Inform:
    """A notice that stands at a place."""

    notice: str
    place: str
    clause: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """A category that can be worked out from others."""

    category: str
    sources: tuple[str, ...]
    clause: str


@dataclass(frozen=True, slots=True)
class ClauseFacts:
    """Where a clause stands and what its rules speak of; `allowed` are pairs of action and category."""

    id: str
    title: str
    topic: str
    line: int
    points: tuple[str, ...]
    purposes: tuple[str, ...]
    allowed: frozenset[tuple[str, str]]
    informs: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a `Policy` knows beside its table."""

    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]
    recipients: Mapping[str, Recipient]
    grounds: Mapping[str, Ground]
    places: Mapping[str, Place]
    clauses: Mapping[str, ClauseFacts]
    collected: Mapping[str, tuple[Collected, ...]] = field(default_factory=dict)
    kept: Mapping[str, Keep] = field(default_factory=dict)
    held: Mapping[str, Keep] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    promises: Mapping[str, Promise] = field(default_factory=dict)
    informs: tuple[Inform, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    practices: frozenset[str] = frozenset()
