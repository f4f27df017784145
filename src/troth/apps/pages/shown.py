"""What the public pages show: the document with its proofs, the log's head, the plans."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.safestring import mark_safe
from django.utils.text import slugify

from troth.engine.statement import Document, RenderedClause, combine, parse, render, to_html
from troth.gate.journal import log
from troth.gate.journal.counting import by_top_purpose
from troth.gate.proving.answers import CONTROLS, points
from troth.gate.proving.shown import ShownState
from troth.gate.published import statement
from troth.gate.registry import PLACES
from troth.gate.subjects.access import titles
from troth.gate.subjects.register import Item, items, personal_models

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def document(
    source: Document, published_at: Any, earlier: Iterable[Any] = (), version: str = ""
) -> dict[str, Any]:
    """The head of a document page; `version` where the document is one of two that count together."""
    intro = mark_safe(to_html(source.prose))  # noqa: S308 - rendered with raw HTML off
    return {
        "title": source.title,
        "intro": intro,
        "version": version or source.version,
        "published_at": published_at,
        "earlier": list(earlier),
    }


@cache
def _rendered(version: str) -> tuple[RenderedClause, ...]:
    return render(statement.document())


def topics(states: Iterable[ShownState]) -> list[dict[str, Any]]:
    """The statement's topics with their clauses, each with its last proof and what is bound to it."""
    found, stored = {state.id: state for state in states}, _stored_by_clause()
    shown: dict[str, dict[str, Any]] = {}
    for clause in _rendered(statement.current().version):
        topic = shown.setdefault(
            clause.topic, {"id": slugify(clause.topic), "title": clause.topic, "clauses": []}
        )
        topic["clauses"].append(_clause(clause, found[clause.id], stored.get(clause.id, {})))
    return list(shown.values())


def _clause(clause: RenderedClause, state: ShownState, stored: dict[str, list[str]]) -> dict[str, Any]:
    control, (built, named) = CONTROLS.get(clause.id), points(clause.id)
    return {
        "id": clause.id, "title": clause.title, "html": _prose(clause.html), "added": clause.added, "rules": clause.rules,
        "state": state.state, "figure": state.figure, "evidence": state.evidence, "checked_at": state.checked_at,
        "built": f"{len(built)} of {len(named)} points" if len(built) < len(named) else "",
        "models": [{"name": name, "fields": fields} for name, fields in stored.items()],
        "controls": [_control(control)] if control else [],
        "places": [(statement.current().places[place].label, PLACES.get(place, "")) for place in named],
    }  # fmt: skip


def _prose(html: str) -> str:
    """A clause's prose; what Troth adds to the source is a paragraph of its own class."""
    marked = html.replace("<p>Added: ", '<p class="added"><span class="tag">Added</span> ')
    return mark_safe(marked)  # noqa: S308 - rendered with raw HTML off


def _control(control: Any) -> dict[str, str]:
    told = (control.__doc__ or "").strip().splitlines()[0]
    return {"name": told, "where": f"{control.__module__}:{control.__name__}"}


def _stored_by_clause() -> dict[str, dict[str, list[str]]]:
    """Models and their fields under the clauses whose rules collect them."""
    policy = statement.current()
    collecting = {(c.category, c.clause) for place in policy.places for c in policy.collects(place)}
    bound: dict[str, dict[str, list[str]]] = {}
    for item in (item for model in personal_models() for item in items(model)):
        for category, clause in collecting:
            if category == item.category:
                bound.setdefault(clause, {}).setdefault(item.model, []).append(f"{item.field} ({item.state})")
    return bound


def stays_readable(columns: Iterable[Item]) -> list[dict[str, Any]]:
    """What is stored without a seal, and why, by the kind of row it stands in."""
    labels, names, found = statement.current().categories, titles(), dict[str, dict[str, Any]]()
    for item in columns:
        kind = found.setdefault(item.model, {"title": names[item.model], "model": item.model, "columns": []})
        label = labels[item.category].label if item.category else _label(item)
        kind["columns"].append({"label": label, "field": item.field, "because": item.why})
    return sorted(found.values(), key=lambda kind: kind["title"])


def _label(item: Item) -> str:
    field = apps.get_model(item.model)._meta.get_field(item.field)
    return str(getattr(field, "verbose_name", field.name)).capitalize()


def agreement() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The Subscription Agreement; its rules use the statement's words."""
    return _agreement(statement.current().version)


@cache
def _agreement(version: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    del version  # another version, another text
    own = statement.agreement()
    ids = {clause.id for clause in own.clauses}
    clauses = [clause for clause in render(combine(statement.document(), own)) if clause.id in ids]
    return document(own, None), _plain_topics(clauses)


@cache
def earlier(version: str, text: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A statement that was in force once."""
    source = parse(text, f"statement {version[:16]}")
    return document(source, None), _plain_topics(render(source))


def _plain_topics(clauses: Iterable[RenderedClause]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for clause in clauses:
        topic = found.setdefault(
            clause.topic, {"id": slugify(clause.topic), "title": clause.topic, "clauses": []}
        )
        topic["clauses"].append({
            "id": clause.id, "title": clause.title, "html": _prose(clause.html), "added": clause.added,
            "rules": clause.rules,
        })  # fmt: skip
    return list(found.values())


def head() -> dict[str, Any] | None:
    """The log's signed head."""
    last = log.head()
    if last is None:
        return None
    return {
        "size": last.size, "root": bytes(last.root).hex(), "at": last.at, "checkpoint": last.note,
        "origin": log.origin(last.log), "earlier": _earlier(last.log),
    }  # fmt: skip


def _earlier(newest: int) -> list[dict[str, Any]]:
    """The logs that ended with a restore from a backup, the last of them first."""
    heads = [head for number in reversed(log.numbers()) if number < newest and (head := log.head(number))]
    return [{"number": head.log, "origin": log.origin(head.log), "size": head.size} for head in heads]


def uses_by_purpose() -> list[dict[str, Any]]:
    """Entries by top purpose: what the public log tells of each, and no more."""
    labels = statement.current().purposes
    counted = [
        (labels[top].label if top in labels else "the statement itself", n) for top, n in by_top_purpose()
    ]
    most = max((number for _, number in counted), default=1)
    return [
        {"label": label, "value": number, "percent": round(100 * number / most)} for label, number in counted
    ]


def plans() -> list[dict[str, str]]:
    """The plans of `company.toml`, with prices that can be computed before giving any data."""
    return [_plan(plan) for plan in settings.TROTH_COMPANY["plans"]]


def _plan(plan: dict[str, Any]) -> dict[str, str]:
    symbol, upper = SYMBOLS.get(plan["currency"], plan["currency"] + " "), plan.get("up-to")
    people = f"{plan['from']} to {upper} people" if upper else f"{plan['from']} people and more"
    each = f"and {symbol}{plan['each'] // 100} for each person" if plan["each"] else ""
    return {
        "id": plan["id"], "name": plan["name"], "people": people, "price": f"{symbol}{plan['base'] // 100}",
        "per": "a month", "note": each,
    }  # fmt: skip
