"""From the rules as written to the cells they reach."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..policy import Allowing, Denying, Reach, Tree
from .document import ANYONE, ANYTHING, Denial, Document, Grant, Permission, Rule, Words
from .names import COMPANY, Vocabulary


@dataclass(frozen=True, slots=True)
class Allowed:
    """A permission as written, and what it reaches."""

    rule: Permission
    made: Allowing


@dataclass(frozen=True, slots=True)
class Denied:
    """A denial or limit as written, and what it reaches."""

    rule: Denial
    made: Denying


def is_complete(rule: Permission) -> bool:
    """Whether a permission says what for (or where) and by whom; `collect` without `by` means the company."""
    return bool(rule.purposes) and (rule.action == "collect" or bool(rule.recipients))


def recipients_of(rule: Grant) -> tuple[str, ...]:
    """The recipients as written, or the company when a `collect` names none."""
    if isinstance(rule, Permission) and rule.action == "collect" and not rule.recipients:
        return (COMPANY,)
    return texts(rule.recipients)


def texts(words: Words) -> tuple[str, ...]:
    """The words without their positions."""
    return tuple(word.text for word in words)


def resolve(
    document: Document, vocabulary: Vocabulary, skip: Collection[Rule] = ()
) -> tuple[list[Allowed], list[Denied]]:
    """Every permission and every denial, less those in `skip` and those that are not complete."""
    allowed: list[Allowed] = []
    denied: list[Denied] = []
    for clause, rule in document.rules():
        if rule in skip:
            continue
        if isinstance(rule, Permission) and is_complete(rule):
            allowed.append(Allowed(rule, _allowing(clause, rule, vocabulary)))
        elif isinstance(rule, Denial):
            denied.append(Denied(rule, _denying(clause, rule, vocabulary)))
    return allowed, denied


def _allowing(clause: str, rule: Permission, vocabulary: Vocabulary) -> Allowing:
    reach = Reach(
        rule.action,
        vocabulary.categories.covered(_spread(vocabulary.categories, texts(rule.categories), ANYTHING)),
        vocabulary.third(rule.action).covered(texts(rule.purposes)),
        vocabulary.recipients.covered(_spread(vocabulary.recipients, recipients_of(rule), ANYONE)),
    )
    excepts = None if rule.every_denial else frozenset(texts(rule.exceptions))
    return Allowing(clause, reach, _groups(rule), excepts, rule.once)


def _denying(clause: str, rule: Denial, vocabulary: Vocabulary) -> Denying:
    third = vocabulary.third(rule.action)
    purposes = third.touched(texts(rule.purposes)) if rule.purposes else third.names
    if rule.elsewhere:
        purposes = third.names - third.covered(texts(rule.purposes))
    recipients = _spread(vocabulary.recipients, texts(rule.recipients) or (ANYONE,), ANYONE)
    reach = Reach(
        rule.action,
        vocabulary.categories.touched(_spread(vocabulary.categories, texts(rule.categories), ANYTHING)),
        purposes,
        vocabulary.recipients.touched(recipients),
    )
    return Denying(clause, reach, _groups(rule))


def _spread(tree: Tree, names: tuple[str, ...], everything: str) -> tuple[str, ...]:
    return tuple(tree.names) if everything in names else names


def _groups(rule: Grant) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(texts(group)) for group in rule.grounds)
