"""Whether a statement agrees with itself: names, rules 1 to 7, 9 and 10 of `spec/statement-language.md`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .document import ANYTHING, Derive, Document, Grant, Permission, Problem, Rule, problem_at
from .names import Vocabulary, read_vocabulary, undefined_words
from .overlap import overlaps
from .resolve import Allowed, Denied, is_complete, resolve, texts
from .retention import keeping


def check(document: Document) -> list[Problem]:
    """Every error and warning in a document that parses, in the order of the file."""
    vocabulary = read_vocabulary(document)
    undefined = undefined_words(document, vocabulary)
    allowed, denied = resolve(document, vocabulary, undefined)
    problems = list(vocabulary.problems)
    problems += [problem for some in undefined.values() for problem in some]
    problems += overlaps(allowed, denied, vocabulary)
    rules = [(clause, rule) for clause, rule in document.rules() if rule not in undefined]
    problems += _permissions(rules, vocabulary)
    problems += _empty_exceptions(allowed, denied)
    problems += _derivations(rules, allowed, denied, vocabulary)
    problems += keeping(rules, vocabulary)
    return sorted(problems, key=lambda each: (each.file, each.line, each.column, each.code))


def _permissions(rules: Sequence[tuple[str, Rule]], vocabulary: Vocabulary) -> Iterator[Problem]:
    """Rule 6, and what else a single permission must heed."""
    ranked = ""
    for clause, rule in rules:
        if not isinstance(rule, Permission):
            continue
        for message, advice in _unsaid(rule):
            yield problem_at(rule.spot, "S06", message, advice, clause)
        for group in rule.grounds:
            if not vocabulary.can_hold(texts(group)):
                names = " and ".join(f"`{word}`" for word in group)
                yield problem_at(
                    group[0].spot, "S05", f"{names} never hold together", "join them with a comma", clause
                )
        if rule.every_denial:
            if ranked and ranked != clause:
                message = "only one clause may be an exception to every denial"
                yield problem_at(rule.spot, "S02", message, "name the clauses instead", ranked, clause)
            ranked = ranked or clause
        yield from _required(clause, rule, vocabulary)


def _unsaid(rule: Permission) -> Iterator[tuple[str, str]]:
    if not is_complete(rule):
        if rule.action == "collect":
            yield "this permission does not say where", "add `at` and the places"
        else:
            by = "with" if rule.action == "share" else "by"
            missing = [word for word, said in (("for", rule.purposes), (by, rule.recipients)) if not said]
            words = " and ".join(f"`{word}`" for word in missing)
            yield (
                f"this permission lacks {words}",
                "say what for and to whom: only a denial may leave them out",
            )
    if not rule.grounds and (rule.every_denial or ANYTHING in texts(rule.categories)):
        yield "a permission this broad needs a ground", "add `given` and the record that must exist"


def _required(clause: str, rule: Permission, vocabulary: Vocabulary) -> Iterator[Problem]:
    if ANYTHING in texts(rule.categories):
        return
    collected = vocabulary.categories.covered(texts(rule.categories))
    for word in rule.required:
        if word.text not in collected:
            message = f"`{word}` is required but not collected by this rule"
            yield problem_at(word.spot, "S30", message, "collect it, or do not require it", clause)


def _empty_exceptions(allowed: list[Allowed], denied: list[Denied]) -> Iterator[Problem]:
    """An `except to` that opens nothing is a sign that one of the two clauses has changed."""
    for permission in allowed:
        opposed = {d.made.clause for d in denied if permission.made.reach.meets(d.made.reach)}
        yield from _opens_nothing(permission.rule, permission.made.clause, opposed, "denies")
    for denial in denied:
        opposed = {p.made.clause for p in allowed if p.made.reach.meets(denial.made.reach)}
        yield from _opens_nothing(denial.rule, denial.made.clause, opposed, "allows")


def _opens_nothing(rule: Grant, clause: str, opposed: set[str], verb: str) -> Iterator[Problem]:
    for word in rule.exceptions:
        if word.text not in opposed:
            message = f"`{word}` {verb} nothing that this rule speaks of"
            advice = "leave the exception out, or correct the clause's id"
            yield problem_at(word.spot, "S29", message, advice, clause, word.text, severity="warning")


def _derivations(
    rules: Sequence[tuple[str, Rule]], allowed: list[Allowed], denied: list[Denied], vocabulary: Vocabulary
) -> Iterator[Problem]:
    """Rule 9: what may not be used, yet can be worked out from what may, needs a rule that names it."""
    spoken = {
        word.text
        for _, rule in rules
        if isinstance(rule, Grant) and rule.action != "collect"
        for word in rule.categories
    }
    for clause, rule in rules:
        if not isinstance(rule, Derive) or rule.category.text in spoken:
            continue
        name = rule.category.text
        known = all(_is_held(source, allowed, vocabulary) for source in texts(rule.sources))
        if known and not _is_usable(name, allowed, denied):
            against = (each.made for each in denied if each.rule.action == "use")
            deniers = [denial.clause for denial in against if name in denial.reach.categories]
            sources = ", ".join(f"`{source}`" for source in rule.sources)
            message = f"`{name}` may not be used, but it can be worked out from {sources}"
            advice = f"say in a clause of its own whether it may: `deny use of {name}`, or allow it"
            named = dict.fromkeys((clause, *deniers[:1]))
            yield problem_at(rule.category.spot, "S09", message, advice, *named)


def _is_held(category: str, allowed: list[Allowed], vocabulary: Vocabulary) -> bool:
    below = frozenset(vocabulary.categories.down(category))
    return any(
        rule.made.reach.action in ("collect", "use") and below & rule.made.reach.categories
        for rule in allowed
    )


def _is_usable(category: str, allowed: list[Allowed], denied: list[Denied]) -> bool:
    for permission in allowed:
        reach = permission.made.reach
        if reach.action == "use" and category in reach.categories:
            against = [
                d.made for d in denied if d.made.reach.meets(reach) and not permission.made.passes(d.made)
            ]
            if not any(category in denial.reach.categories and not denial.grounds for denial in against):
                return True
    return False
