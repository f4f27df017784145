"""The words a statement defines, and whether every word it uses is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..policy import Tree
from .document import (
    ANYONE,
    ANYTHING,
    About,
    Define,
    Denial,
    Derive,
    Document,
    Grant,
    Inform,
    Keep,
    Permission,
    Problem,
    Rule,
    Spot,
    Word,
    problem_at,
)
from .grammar import nearest

PRACTICES = {
    "first-party-collection-use": "what the company collects and uses",
    "third-party-sharing-collection": "what others receive or collect",
    "user-choice-control": "what people can choose",
    "user-access-edit-deletion": "how people see, correct and delete their data",
    "data-retention": "how long data is kept",
    "data-security": "how data is protected",
    "policy-change": "what happens when the statement changes",
    "do-not-track": "how a browser's wish not to be followed is treated",
    "international-audiences": "people in other countries, and other special groups",
    "other": "introduction, contact and whatever else",
}
"""The ten kinds of privacy practice of the OPP-115 corpus (Wilson et al., ACL 2016)."""

COMPANY = "company"
"""Who collects when a `collect` rule does not say."""

_TREES = ("category", "purpose", "recipient")


@dataclass(frozen=True, slots=True)
class Term:
    """A defined name, its label and why it is asked for; `clause` is where it is defined."""

    name: str
    label: str
    why: str
    clause: str
    spot: Spot


@dataclass
class Vocabulary:
    """All terms by kind and name, and their trees; what contradicts an earlier definition is left out."""

    terms: dict[str, dict[str, Term]] = field(default_factory=dict)
    parents: dict[str, dict[str, str | None]] = field(default_factory=dict)
    never: set[frozenset[str]] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    trees: dict[str, Tree] = field(default_factory=dict)

    @property
    def categories(self) -> Tree:
        """The tree of categories."""
        return self.trees["category"]

    def third(self, action: str) -> Tree:
        """The tree of the third part of a cell: places for `collect`, purposes otherwise."""
        return self.trees["place" if action == "collect" else "purpose"]

    @property
    def recipients(self) -> Tree:
        """The tree of recipients."""
        return self.trees["recipient"]

    def label(self, kind: str, name: str) -> str:
        """The label of a term, or its name when nothing defines it."""
        term = self.terms[kind].get(name)
        return term.label if term else name

    def can_hold(self, grounds: Iterable[str]) -> bool:
        """Whether these grounds can all hold at one time."""
        held = set(grounds)
        return not any(pair <= held for pair in self.never)


def read_vocabulary(document: Document) -> Vocabulary:
    """The vocabulary of a document; what is wrong with its definitions is in `problems`."""
    reading = _Definitions()
    definitions = [(clause, rule) for clause, rule in document.rules() if isinstance(rule, Define)]
    for clause, rule in definitions:
        reading.add(clause, rule)
    for clause, rule in definitions:
        reading.connect(clause, rule)
    return reading.finish()


class _Definitions:
    def __init__(self) -> None:
        kinds = ("category", "purpose", "recipient", "ground", "place", "event")
        self.found = Vocabulary({kind: {} for kind in kinds}, {kind: {} for kind in kinds})
        self.rules: dict[tuple[str, str], tuple[str, Define]] = {}

    def add(self, clause: str, rule: Define) -> None:
        """Note the term, and the items of a category as terms of their own."""
        name = rule.name.text
        if (rule.kind, name) in self.rules:
            self._redefined(clause, rule)
            return
        self.rules[rule.kind, name] = clause, rule
        self._term(rule.kind, Term(name, rule.label, rule.why, clause, rule.name.spot), None)
        for item in rule.items:
            term = Term(f"{name}.{item.name}", item.label, item.why or rule.why, clause, item.name.spot)
            self._term("category", term, name)

    def _term(self, kind: str, term: Term, parent: str | None) -> None:
        if term.name in self.found.terms[kind]:
            earlier = self.found.terms[kind][term.name]
            message = f"`{term.name}` is already defined on line {earlier.spot.line}"
            self._problem(
                term.spot, "S07", message, "give one of the two another name", earlier.clause, term.clause
            )
            return
        self.found.terms[kind][term.name] = term
        self.found.parents[kind][term.name] = parent

    def _redefined(self, clause: str, rule: Define) -> None:
        """Rule 7: a term means one thing; a second definition may not leave out what the first includes."""
        earlier_clause, earlier = self.rules[rule.kind, rule.name.text]
        lost = sorted(_parts(earlier) - _parts(rule))
        where = f"line {earlier.spot.line}"
        if lost:
            names = ", ".join(f"`{name}`" for name in lost)
            message = (
                f"`{rule.name}` is defined again without {names}, which its definition on {where} includes"
            )
        else:
            message = f"`{rule.name}` is already defined on {where}"
        advice = "keep one definition, or give the narrower term a name of its own"
        self._problem(rule.name.spot, "S07", message, advice, earlier_clause, clause)

    def connect(self, clause: str, rule: Define) -> None:
        """Put the term in its tree, and note which grounds never hold together."""
        if self.rules[rule.kind, rule.name.text][1] is not rule:
            return
        if rule.parent and self._known(rule.kind, rule.parent, clause):
            self._put(rule.kind, rule.name.text, rule.parent.text, rule.parent, clause)
        for child in rule.over:
            if self._known("category", child, clause):
                self._put("category", child.text, rule.name.text, child, clause)
        for other in rule.never_with:
            if self._known("ground", other, clause):
                self.found.never.add(frozenset((rule.name.text, other.text)))

    def _put(self, kind: str, name: str, parent: str, word: Word, clause: str) -> None:
        parents = self.found.parents[kind]
        above = parents[name]
        if above is not None:
            message = f"`{name}` already lies under `{above}`"
            first = self.found.terms[kind][above].clause
            self._problem(word.spot, "S07", message, "let each term lie under one other", first, clause)
            return
        node: str | None = parent
        while node is not None:
            if node == name:
                message = f"`{name}` would lie under itself"
                self._problem(word.spot, "S28", message, "break the circle of definitions", clause)
                return
            node = parents[node]
        parents[name] = parent

    def _known(self, kind: str, word: Word, clause: str) -> bool:
        problem = unknown(self.found, kind, word, clause)
        if problem:
            self.found.problems.append(problem)
        return problem is None

    def _problem(self, spot: Spot, code: str, message: str, advice: str, *clauses: str) -> None:
        named = tuple(dict.fromkeys(clause for clause in clauses if clause))
        self.found.problems.append(problem_at(spot, code, message, advice, *named))

    def finish(self) -> Vocabulary:
        self.found.trees = {kind: Tree(self.found.parents[kind]) for kind in (*_TREES, "place")}
        return self.found


def _parts(rule: Define) -> set[str]:
    return {item.name.text for item in rule.items} | {word.text for word in rule.over}


def unknown(vocabulary: Vocabulary, kind: str, word: Word, clause: str) -> Problem | None:
    """The problem that `word` names no term of this kind, or None if it does."""
    known = vocabulary.terms[kind]
    if word.text in known:
        return None
    advice = nearest(word.text, list(known))
    if not advice:
        other = next((each for each, terms in vocabulary.terms.items() if word.text in terms), None)
        advice = f"`{word}` is a {other}" if other else f'define it: `define {kind} {word} "..."`'
    message = f"no {kind} `{word}` is defined"
    return problem_at(word.spot, "S21", message, advice, *([clause] if clause else []))


def undefined_words(document: Document, vocabulary: Vocabulary) -> dict[Rule, list[Problem]]:
    """For each rule that uses words nothing defines, the problems; such rules are judged no further."""
    clauses = {clause.id for clause in document.clauses}
    found: dict[Rule, list[Problem]] = {}
    for clause, rule in document.rules():
        problems = [unknown(vocabulary, kind, word, clause) for kind, word in _uses(rule)]
        some = [problem for problem in problems if problem]
        if isinstance(rule, Grant):
            some += _unknown_clauses(rule, clause, clauses) + _no_company(rule, clause, vocabulary)
        if isinstance(rule, About):
            some += [_unknown_practice(word, clause) for word in rule.practices if word.text not in PRACTICES]
        if some:
            found[rule] = some
    return found


def _uses(rule: Rule) -> Iterator[tuple[str, Word]]:
    """Each word a rule uses, with the kind of term it must be."""
    match rule:
        case Permission() | Denial():
            third = "place" if rule.action == "collect" else "purpose"
            yield from (("category", word) for word in rule.categories if word.text != ANYTHING)
            yield from ((third, word) for word in rule.purposes)
            yield from (("recipient", word) for word in rule.recipients if word.text != ANYONE)
            yield from (("ground", word) for group in rule.grounds for word in group)
            if isinstance(rule, Permission):
                yield from (("category", word) for word in rule.required)
        case Keep():
            yield from (("category", word) for word in rule.categories if word.text != ANYTHING)
            yield "event", rule.event
        case Derive():
            yield from (("category", word) for word in (rule.category, *rule.sources))
        case Inform():
            yield from (("place", word) for word in rule.places)


def _unknown_clauses(rule: Grant, clause: str, clauses: set[str]) -> list[Problem]:
    return [
        problem_at(
            word.spot,
            "S21",
            f"no clause `{word}` stands in this statement",
            nearest(word.text, sorted(clauses)) or "name the id of the clause that says otherwise",
            clause,
        )
        for word in rule.exceptions
        if word.text not in clauses
    ]


def _no_company(rule: Grant, clause: str, vocabulary: Vocabulary) -> list[Problem]:
    implied = isinstance(rule, Permission) and rule.action == "collect" and not rule.recipients
    if not implied or COMPANY in vocabulary.terms["recipient"]:
        return []
    advice = f'say who with `by`, or `define recipient {COMPANY} "..."`'
    return [problem_at(rule.spot, "S21", "this rule does not say who collects", advice, clause)]


def _unknown_practice(word: Word, clause: str) -> Problem:
    advice = nearest(word.text, list(PRACTICES)) or "use one of: " + ", ".join(PRACTICES)
    return problem_at(word.spot, "S21", f"`{word}` is no kind of practice", advice, clause)
