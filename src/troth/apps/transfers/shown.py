"""What the pages of transfers show: countries, and what went there or was looked at from there."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from troth.engine.ledger import Kind
from troth.gate.countries import countries
from troth.gate.journal.models import Entry
from troth.gate.published import statement
from troth.gate.uses.history import mine

from . import counting, places
from .counting import ANYWHERE, BY_LAW, top
from .models import Tally

COLUMNS = ("day", "what", "country", "recipient", "purpose", "category", "number")


def country(code: str, recipient: str = "") -> str:
    """A country by its name."""
    if not code:
        return "Anywhere" if recipient in ANYWHERE else "Not known"
    return countries().get(code, code)


def _word(kind: int) -> str:
    return "disclosed" if kind == Kind.DISCLOSE else "accessed"


def _label(known: Any, name: str) -> str:
    return str(known[name].label) if name in known else name


def rows(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """A line for each country, recipient, purpose and kind of data, the most first."""
    policy, found = statement.current(), Counter[tuple[str, str, str, str, str]]()
    for each in tallies:
        key = (
            _word(each.kind),
            country(each.country, each.recipient),
            each.recipient,
            each.purpose,
            top(each.category),
        )
        found[key] += each.times
    return [
        {
            "what": what, "country": where, "recipient": _label(policy.recipients, recipient),
            "purpose": _label(policy.purposes, purpose), "category": _label(policy.categories, category),
            "number": number,
        }
        for (what, where, recipient, purpose, category), number in sorted(
            found.items(), key=lambda pair: (pair[0][1], -pair[1], pair[0])
        )
    ]  # fmt: skip


def by_country(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """How many entries for each country, with a bar."""
    found = Counter[str]()
    for each in tallies:
        found[country(each.country, each.recipient)] += each.times
    most = max(found.values(), default=1)
    return [
        {"label": name, "value": number, "percent": round(100 * number / most)}
        for name, number in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def public() -> list[dict[str, Any]]:
    """Each country to which data went, or from which it was looked at: by whom, and which kinds; no numbers."""
    policy, found = statement.current(), dict[str, dict[str, set[str]]]()
    seen = Tally.objects.exclude(category="").exclude(purpose__in=BY_LAW).exclude(recipient__in=ANYWHERE)
    for code, kind, recipient, category in seen.values_list(
        "country", "kind", "recipient", "category"
    ).distinct():
        told = found.setdefault(country(code, recipient), {})
        who = f"{_label(policy.recipients, recipient)} ({_word(kind)})"
        told.setdefault(who, set()).add(_label(policy.categories, top(category)))
    return [
        {"country": name, "who": [(who, ", ".join(sorted(kinds))) for who, kinds in sorted(told.items())]}
        for name, told in sorted(found.items())
    ]


def outside() -> list[tuple[str, str]]:
    """Recipients that something was given to, by the statement's words."""
    given = counting.left("", None, None).order_by().values_list("recipient", flat=True).distinct()
    known = statement.current().recipients
    return sorted(((name, _label(known, name)) for name in given), key=lambda pair: pair[1])


def left(entry: Entry) -> dict[str, Any]:
    """One entry of what left: when, to whom, where, for what, by which clause, and how many records it was."""
    policy = statement.current()
    return {
        "at": entry.at, "to": _label(policy.recipients, entry.recipient),
        "country": country(entry.country, entry.recipient),
        "purpose": _label(policy.purposes, entry.purpose), "records": entry.subjects, "entry": entry.id,
        "clauses": [{"id": name, "title": statement.title(name)} for name in entry.clauses.split()],
    }  # fmt: skip


def stores() -> list[dict[str, str]]:
    """Where data lies, who may be given it and where our staff sit."""
    return [
        {"what": place.what, "name": place.name, "country": country(place.country)}
        for place in places.listed()
    ]


def table(tallies: Iterable[Tally]) -> str:
    """The register as CSV; a line for each day."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in tallies:
        writer.writerow((
            each.day.isoformat(), _word(each.kind), each.country, each.recipient, each.purpose, each.category, each.times
        ))  # fmt: skip
    return out.getvalue()


def own_card(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """Where one's own data went, and from where it was looked at; inside the use of their own data."""
    del request, subject  # `mine` knows whose use it is
    found = Counter[tuple[str, str]]()
    entries = mine().filter(kind__in=(Kind.USE, Kind.COLLECT, Kind.DISCLOSE)).order_by()
    for code, kind, recipient in entries.values_list("country", "kind", "recipient"):
        if kind == Kind.DISCLOSE or code:
            found[country(code, recipient), _word(kind)] += 1
    return {"countries": [(where, what, number) for (where, what), number in sorted(found.items())]}
