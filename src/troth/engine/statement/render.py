"""A clause for the page: its prose as HTML, its rules in words that need no grammar to be read."""

from __future__ import annotations

from dataclasses import dataclass

from markdown_it import MarkdownIt

from .document import (
    ANYONE,
    ANYTHING,
    About,
    Clause,
    Define,
    Denial,
    Derive,
    Document,
    Grant,
    Inform,
    Keep,
    Permission,
    Promise,
    Rule,
    Words,
)
from .names import PRACTICES, Vocabulary, read_vocabulary
from .resolve import recipients_of

# Raw HTML stays text and links with a script scheme are refused: the page's policy allows neither.
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class RuleInWords:
    """A rule as a sentence, as it is written in the statement, and its line."""

    words: str
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class RenderedClause:
    """One clause of the page; `html` is safe to insert, everything else is plain text."""

    id: str
    title: str
    topic: str
    added: bool
    html: str
    rules: tuple[RuleInWords, ...]


def to_html(markdown: str) -> str:
    """Markdown prose as HTML; raw HTML in it is shown as text."""
    return str(_MARKDOWN.render(markdown))


def render(document: Document) -> tuple[RenderedClause, ...]:
    """Each clause of the document, in its order."""
    vocabulary = read_vocabulary(document)
    titles = {clause.id: clause.title for clause in document.clauses}
    return tuple(_clause(clause, vocabulary, titles) for clause in document.clauses)


def _clause(clause: Clause, vocabulary: Vocabulary, titles: dict[str, str]) -> RenderedClause:
    words = _Words(vocabulary, titles)
    rules = tuple(RuleInWords(words.rule(rule), rule.source, rule.spot.line) for rule in clause.rules)
    return RenderedClause(clause.id, clause.title, clause.topic, clause.added, to_html(clause.prose), rules)


class _Words:
    def __init__(self, vocabulary: Vocabulary, titles: dict[str, str]) -> None:
        self.vocabulary, self.titles = vocabulary, titles

    def rule(self, rule: Rule) -> str:
        match rule:
            case Define():
                return self._define(rule)
            case Permission(action="collect"):
                return self._collect(rule)
            case Permission():
                return f"Allowed: {rule.action} of {self._grant(rule)}."
            case Denial():
                return self._denial(rule)
            case Keep():
                return self._keep(rule)
            case Derive():
                sources = self._categories(rule.sources)
                return f"{self._label('category', rule.category.text)} can be worked out from {sources}."
            case Promise():
                within = f", within {_period(rule.amount, rule.unit)}" if rule.amount else ""
                return f"Promised: {_spaced(rule.name.text)}{within}."
            case Inform():
                notices = _list([_spaced(notice.text) for notice in rule.notices])
                return f"Said at {self._labels('place', rule.places)}: {notices}."
            case About():
                practices = _list([PRACTICES.get(word.text, word.text) for word in rule.practices])
                return f"This clause is about {practices}."
        raise TypeError(type(rule).__name__)

    def _define(self, rule: Define) -> str:
        told = f"“{rule.label}” is a {rule.kind}"
        parts = [item.label for item in rule.items]
        parts += [self._label("category", word.text) for word in rule.over]
        if parts:
            told += f" made of {_list(parts)}"
        if rule.parent:
            told += f", part of “{self._label(rule.kind, rule.parent.text)}”"
        if rule.never_with:
            told += f", never at one time with {self._labels('ground', rule.never_with)}"
        return told + "."

    def _keep(self, rule: Keep) -> str:
        bound = "" if rule.bound == "exactly" else f"{rule.bound} "
        event = self._label("event", rule.event.text)
        period = f"{bound}{_period(rule.amount, rule.unit)} after {event}"
        return f"Kept for {period}: {self._categories(rule.categories)}."

    def _collect(self, rule: Permission) -> str:
        who = _list([self._label("recipient", name) for name in recipients_of(rule)])
        told = f"Collected at {self._labels('place', rule.purposes)} by {who}"
        told += f": {self._categories(rule.categories)}"
        if rule.required:
            told += f"; required: {self._categories(rule.required)}"
        return told + self._conditions(rule) + "."

    def _denial(self, rule: Denial) -> str:
        if rule.elsewhere:
            purposes = self._labels("purpose", rule.purposes)
            what = f"{rule.action} of {self._categories(rule.categories)}"
            return f"Only for {purposes}: {what}{self._conditions(rule)}."
        return f"Never: {rule.action} of {self._grant(rule)}."

    def _grant(self, rule: Grant) -> str:
        told = self._categories(rule.categories)
        if rule.purposes:
            kind, word = ("place", "at") if rule.action == "collect" else ("purpose", "for")
            told += f" {word} {self._labels(kind, rule.purposes)}"
        if rule.recipients:
            word = "with" if rule.action == "share" else "by"
            told += f", {word} {self._labels('recipient', rule.recipients, 'or')}"
        return told + self._conditions(rule)

    def _conditions(self, rule: Grant) -> str:
        told = ""
        if rule.grounds:
            told += f", given {_list([self._labels('ground', group) for group in rule.grounds], 'or')}"
        if isinstance(rule, Permission) and rule.once:
            told += ", once only"
        if rule.exceptions:
            titles = [f"“{self.titles.get(word.text, word.text)}”" for word in rule.exceptions]
            told += f", as an exception to {_list(titles)}"
        elif rule.every_denial:
            told += ", as an exception to everything denied elsewhere"
        return told

    def _categories(self, words: Words) -> str:
        """The labels, items of one category together: `Contact data (Name, Phone)`."""
        wholes = {word.text: word.text.rpartition(".")[0] for word in words}
        items: dict[str, list[str]] = {}
        for name, whole in wholes.items():
            items.setdefault(whole or name, [])
            if whole:
                items[whole].append(self._label("category", name))
        told = []
        for whole, parts in items.items():
            label = self._label("category", whole)
            told.append(f"{label} ({', '.join(parts)})" if parts and whole not in wholes else label)
        return _list(told)

    def _labels(self, kind: str, words: Words, last: str = "and") -> str:
        return _list([self._label(kind, word.text) for word in words], last)

    def _label(self, kind: str, name: str) -> str:
        if name in (ANYTHING, ANYONE):
            return name
        return self.vocabulary.label(kind, name)


def _list(parts: list[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def _period(amount: int, unit: str) -> str:
    return f"{amount} {unit.removesuffix('s') if amount == 1 else unit}"


def _spaced(name: str) -> str:
    return name.replace("-", " ")
