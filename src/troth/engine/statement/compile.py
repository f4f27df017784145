"""From a document that agrees with itself to a `Policy`."""

from __future__ import annotations

from ..policy import (
    CELL_LIMIT,
    Category,
    ClauseFacts,
    Collected,
    Derivation,
    Facts,
    Ground,
    Inform,
    Keep,
    Limit,
    Place,
    Policy,
    Promise,
    Purpose,
    Recipient,
    Tree,
    build_table,
)
from . import document as written
from .check import check
from .document import ANYTHING, Document, Permission, Spot, StatementError, problem_at
from .names import Vocabulary, read_vocabulary
from .resolve import Allowed, Denied, recipients_of, resolve, texts


def compile_statement(document: Document) -> Policy:
    """The policy that the document states. Raises `StatementError` when `check` finds an error."""
    errors = [problem for problem in check(document) if problem.severity == "error"]
    if errors:
        raise StatementError(errors)
    vocabulary = read_vocabulary(document)
    allowed, denied = resolve(document, vocabulary)
    _refuse_vast(document, allowed, denied)
    table = build_table([rule.made for rule in allowed], [rule.made for rule in denied])
    # What a place asks for is asked of the collecting cells alone: they are few, the whole table is not.
    collecting = {"collect": table.get("collect", {})}
    bare = Policy(document.version, collecting, _facts(document, vocabulary, allowed, {}))
    collected = {place: _collected(place, allowed, vocabulary, bare) for place in vocabulary.terms["place"]}
    return Policy(document.version, table, _facts(document, vocabulary, allowed, collected))


def _refuse_vast(document: Document, allowed: list[Allowed], denied: list[Denied]) -> None:
    size = sum(len(rule.made.reach) for rule in allowed) + sum(len(rule.made.reach) for rule in denied)
    if size > CELL_LIMIT:
        message = f"the rules reach {size:,} cells, more than {CELL_LIMIT:,}"
        advice = "define fewer categories, purposes or recipients"
        raise StatementError([problem_at(Spot(document.file, 1), "S25", message, advice)])


def _facts(
    document: Document,
    vocabulary: Vocabulary,
    allowed: list[Allowed],
    collected: dict[str, tuple[Collected, ...]],
) -> Facts:
    terms = vocabulary.terms
    purposes, recipients = vocabulary.trees["purpose"], vocabulary.recipients
    rules = list(document.rules())
    return Facts(
        categories=_categories(vocabulary),
        purposes={
            name: Purpose(name, term.label, purposes.parents[name], purposes.up(name)[-1])
            for name, term in terms["purpose"].items()
        },
        recipients={
            name: Recipient(name, term.label, recipients.parents[name])
            for name, term in terms["recipient"].items()
        },
        grounds={name: Ground(name, term.label) for name, term in terms["ground"].items()},
        places={name: Place(name, term.label) for name, term in terms["place"].items()},
        clauses=_clauses(document, allowed),
        collected=collected,
        kept=_keeps(document, vocabulary, ("at most", "exactly")),
        held=_keeps(document, vocabulary, ("at least",)),
        limits=tuple(
            Limit(rule.action, word.text, texts(rule.purposes), clause)
            for clause, rule in rules
            if isinstance(rule, written.Denial) and rule.elsewhere
            for word in rule.categories
        ),
        promises={
            rule.name.text: Promise(rule.name.text, rule.amount, rule.unit, clause)
            for clause, rule in rules
            if isinstance(rule, written.Promise)
        },
        informs=tuple(
            Inform(notice.text, place.text, clause)
            for clause, rule in rules
            if isinstance(rule, written.Inform)
            for notice in rule.notices
            for place in rule.places
        ),
        derivations=tuple(
            Derivation(rule.category.text, texts(rule.sources), clause)
            for clause, rule in rules
            if isinstance(rule, written.Derive)
        ),
        practices=_practices(document),
    )


def _categories(vocabulary: Vocabulary) -> dict[str, Category]:
    tree = vocabulary.categories
    return {
        name: Category(name, term.label, term.why, tree.parents[name], tree.children[name], term.clause)
        for name, term in vocabulary.terms["category"].items()
    }


def _clauses(document: Document, allowed: list[Allowed]) -> dict[str, ClauseFacts]:
    found: dict[str, ClauseFacts] = {}
    for clause in document.clauses:
        own = [rule for rule in allowed if rule.made.clause == clause.id]
        collects = [word for rule in own if rule.rule.action == "collect" for word in rule.rule.purposes]
        informs = [rule for rule in clause.rules if isinstance(rule, written.Inform)]
        places = [*texts(tuple(collects)), *(word.text for rule in informs for word in rule.places)]
        found[clause.id] = ClauseFacts(
            clause.id,
            clause.title,
            clause.topic,
            clause.line,
            tuple(dict.fromkeys(places)),
            purposes=tuple(
                dict.fromkeys(
                    word.text for rule in own if rule.rule.action != "collect" for word in rule.rule.purposes
                )
            ),
            allowed=frozenset(
                (rule.made.reach.action, name) for rule in own for name in rule.made.reach.categories
            ),
            informs=bool(informs),
        )
    return found


def _collected(
    place: str, allowed: list[Allowed], vocabulary: Vocabulary, policy: Policy
) -> tuple[Collected, ...]:
    """What a place asks for, less what a denial closes; the first rule gives the clause."""
    found: dict[str, Collected] = {}
    for permission in allowed:
        rule = permission.rule
        if rule.action != "collect" or place not in texts(rule.purposes):
            continue
        required = vocabulary.categories.covered(texts(rule.required))
        for leaf in _leaves(rule, vocabulary.categories):
            by = tuple(who for who in recipients_of(rule) if policy.alternatives("collect", leaf, place, who))
            if not by:
                continue
            earlier = found.get(leaf)
            clause = earlier.clause if earlier else permission.made.clause
            both = tuple(dict.fromkeys((*(earlier.by if earlier else ()), *by)))
            must = leaf in required or bool(earlier and earlier.required)
            found[leaf] = Collected(leaf, must, *_label_and_why(leaf, vocabulary), clause, both)
    return tuple(found.values())


def _leaves(rule: Permission, tree: Tree) -> list[str]:
    names = texts(rule.categories)
    if ANYTHING in names:
        names = tuple(name for name, parent in tree.parents.items() if parent is None)
    return [leaf for name in names for leaf in tree.leaves(name)]


def _label_and_why(name: str, vocabulary: Vocabulary) -> tuple[str, str]:
    terms = vocabulary.terms["category"]
    reasons = (terms[above].why for above in vocabulary.categories.up(name))
    return terms[name].label, next(filter(None, reasons), "")


def _keeps(document: Document, vocabulary: Vocabulary, bounds: tuple[str, ...]) -> dict[str, Keep]:
    """For each category the nearest `keep` at or above it; at one category the last of `bounds` counts."""
    tree = vocabulary.categories
    own: dict[str, tuple[int, Keep]] = {}
    for clause, rule in document.rules():
        if not isinstance(rule, written.Keep) or rule.bound not in bounds:
            continue
        for name in texts(rule.categories):
            made = Keep(name, rule.amount, rule.unit, rule.event.text, clause)
            rank = bounds.index(rule.bound)
            if name not in own or own[name][0] < rank:
                own[name] = rank, made
    found: dict[str, Keep] = {}
    for name in tree.parents:
        nearest = next((own[above] for above in (*tree.up(name), ANYTHING) if above in own), None)
        if nearest:
            found[name] = nearest[1]
    return found


def _practices(document: Document) -> frozenset[str]:
    """The kinds of practice that some clause speaks of, by its rules or by saying so with `about`."""
    found: set[str] = set()
    for _, rule in document.rules():
        match rule:
            case written.About():
                found |= set(texts(rule.practices))
            case written.Keep():
                found.add("data-retention")
            case written.Grant(action="share"):
                found.add("third-party-sharing-collection")
            case written.Grant():
                found.add("first-party-collection-use")
    return frozenset(found)
