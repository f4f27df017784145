"""What a parsed statement is: topics, clauses and rules, each with the spot where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning"]
Action = Literal["collect", "use", "share", "join"]
Bound = Literal["exactly", "at most", "at least"]
Unit = Literal["days", "weeks", "months", "years"]

ANYTHING = "anything"
ANYONE = "anyone"


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A position in a statement; line and column count from 1."""

    file: str
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a statement: what, where, which clauses, and what to do about it."""

    code: str
    severity: Severity
    file: str
    line: int
    column: int
    message: str
    advice: str
    clauses: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        return f"{where}: {self.severity} {self.code}: {self.message}; {self.advice}"


def problem_at(
    spot: Spot, code: str, message: str, advice: str, *clauses: str, severity: Severity = "error"
) -> Problem:
    """Make a `Problem` at `spot`."""
    return Problem(code, severity, spot.file, spot.line, spot.column, message, advice, clauses)


class StatementError(Exception):
    """A statement that cannot be used; `problems` says why, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda each: (each.file, each.line, each.column, each.code))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Word:
    """A name as it was written, and where."""

    text: str
    spot: Spot

    def __str__(self) -> str:
        return self.text


Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules have: the words they were written in and where they begin."""

    source: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a category, as `name "Name" because "..."`."""

    name: Word
    label: str
    why: str


@dataclass(frozen=True, slots=True)
class Define(Rule):
    """`define KIND name "label" ...`; which of the last fields may be filled depends on the kind."""

    kind: str
    name: Word
    label: str
    why: str = ""
    parent: Word | None = None
    items: tuple[Item, ...] = ()
    over: Words = ()
    never_with: Words = ()


@dataclass(frozen=True, slots=True)
class Grant(Rule):
    """What `allow`, `collect` and `deny` share. `purposes` holds the places when the action is `collect`.

    `grounds` lists alternatives, each a group that must hold together; empty means no ground is needed.
    """

    action: Action
    categories: Words
    purposes: Words = ()
    recipients: Words = ()
    grounds: tuple[Words, ...] = ()
    exceptions: Words = ()
    every_denial: bool = False


@dataclass(frozen=True, slots=True)
class Permission(Grant):
    """`allow ...`, or `collect ... at ...`; `required` names what a form must insist on."""

    once: bool = False
    required: Words = ()


@dataclass(frozen=True, slots=True)
class Denial(Grant):
    """`deny ...`; with `elsewhere` it is a `limit`: denied for every purpose but those named."""

    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Keep(Rule):
    """`keep CATEGORIES [at most|at least] AMOUNT UNIT after EVENT`."""

    categories: Words
    bound: Bound
    amount: int
    unit: Unit
    event: Word


@dataclass(frozen=True, slots=True)
class Derive(Rule):
    """`derive CATEGORY from CATEGORIES`: who holds the sources can work out the category."""

    category: Word
    sources: Words


@dataclass(frozen=True, slots=True)
class Promise(Rule):
    """`promise NAME [within AMOUNT UNIT]`; amount 0 means no time was named."""

    name: Word
    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Inform(Rule):
    """`inform NOTICES at PLACES`."""

    notices: Words
    places: Words


@dataclass(frozen=True, slots=True)
class About(Rule):
    """`about PRACTICES`: the kinds of privacy practice that the clause speaks of."""

    practices: Words


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise: a heading with an id, prose in Markdown, and its rules."""

    id: str
    title: str
    topic: str
    prose: str
    rules: tuple[Rule, ...]
    added: bool
    line: int
    file: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A group of clauses; `prose` is what stands before its first clause, in Markdown."""

    title: str
    prose: str
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """A statement. `version` is the SHA-256 of its bytes in hex; `opening` are the rules before clauses."""

    file: str
    title: str
    version: str
    prose: str
    topics: tuple[Topic, ...]
    clauses: tuple[Clause, ...]
    opening: tuple[Rule, ...]

    def clause(self, id: str) -> Clause:
        """The clause with this id; `KeyError` if there is none."""
        for clause in self.clauses:
            if clause.id == id:
                return clause
        raise KeyError(id)

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Each rule with its clause's id (empty for the opening block), in the order of the file."""
        for rule in self.opening:
            yield "", rule
        for clause in self.clauses:
            for rule in clause.rules:
                yield clause.id, rule


def combine(statement: Document, agreement: Document) -> Document:
    """One document of both, so that the statement may use the terms that the agreement defines.

    The version is the SHA-256 of the two versions in hex, one after the other.
    """
    both = (statement.version + agreement.version).encode()
    return replace(
        statement,
        version=hashlib.sha256(both).hexdigest(),
        topics=statement.topics + agreement.topics,
        clauses=statement.clauses + agreement.clauses,
        opening=statement.opening + agreement.opening,
    )
