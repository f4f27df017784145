"""What the pages of one's own data show, put together inside the use that opens it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from troth.engine.ledger import Leaf, Receipt, leaf_hash
from troth.gate.journal import log
from troth.gate.published import statement
from troth.gate.registry import ROW_PAGES
from troth.gate.subjects.access import Held, Value
from troth.gate.uses.history import Used

OWN_LOOK = "data-subject"
WORDS = {
    "read": "read", "collected": "taken in", "disclosed": "sent on", "refused": "refused", "limited": "limited",
    "merged": "brought together", "handed over": "handed over to you", "deleted": "deleted",
    "agreed": "agreed to a change of the statement",
    "acted": "your own work here",
}  # fmt: skip


def role(name: str) -> str:
    """A recipient in the statement's words; one's own looks are by "you"."""
    if name == OWN_LOOK:
        return "You"
    label = recipient(name)
    return label[:1].upper() + label[1:]


def recipient(name: str) -> str:
    """A recipient in the statement's words, within a sentence."""
    found = statement.current().recipients.get(name)
    return found.label if found else name


def purpose(name: str) -> str:
    """A purpose in the statement's words."""
    found = statement.current().purposes.get(name)
    return found.label if found else name


def labels(categories: Iterable[str]) -> list[str]:
    """Categories in the statement's words, each once."""
    known = statement.current().categories
    return list(dict.fromkeys(known[name].label for name in categories if name in known))


def clause(name: str) -> dict[str, str]:
    """A clause to link to."""
    return {"id": name, "title": statement.title(name)}


def use(used: Used) -> dict[str, Any]:
    """One entry of the record, in words."""
    is_sent = used.act == "disclosed"
    # Who answers or corrects reads and writes in one act: both are told, what was read first.
    fields = labels(used.read or used.fields)
    place = statement.current().places.get(used.place)
    return {
        "entry": used.entry, "at": used.at, "act": used.act, "word": WORDS[used.act], "fields": fields,
        "who": "Our systems" if is_sent else role(used.role), "to": role(used.role) if is_sent else "",
        "purpose": purpose(used.purpose), "clauses": [clause(name) for name in used.clauses], "country": used.country,
        "place": place.label if place and used.act == "collected" else "", "is_own": used.role == OWN_LOOK,
        "added": labels(used.taken) if used.read else [], "by": "our systems" if is_sent else recipient(used.role),
    }  # fmt: skip


def row(held: Held) -> dict[str, Any]:
    """One row we hold, value by value; what says nothing about the person stands apart."""
    return {
        "page": reverse(ROW_PAGES[held.model], args=[held.row.pk]) if held.is_own and held.model in ROW_PAGES else "",
        "title": held.title, "is_own": held.is_own, "hidden": held.hidden, "keep_until": held.keep_until,
        "keep_clause": clause(held.keep_clause) if held.keep_clause else None,
        "values": [
            {
                "label": each.label, "value": each.value, "category": labels([each.category]), "why": each.why,
                "places": each.places, "clause": clause(each.clause),
            }
            for each in held.values if each.category
        ],
        "plain": [plain(each) for each in held.values if not each.category],
    }  # fmt: skip


def plain(value: Value) -> dict[str, Any]:
    """What is noted beside somebody's data, as people write it; `at` is its moment when it is one."""
    at = value.value if isinstance(value.value, datetime) else None
    said = (", ".join(map(str, value.value)) or "none") if isinstance(value.value, list) else value.value
    return {"label": value.label, "value": said, "at": at}


def receipt(used: Used, made: Receipt) -> dict[str, Any]:
    """A receipt in words and figures, as `ui/receipt.html` wants it."""
    told, place, leaf = use(used), made.place, Leaf.decode(made.leaf)
    return {
        "entry": used.entry, "act": told["word"].capitalize(), "at": used.at, "who": role(used.role),
        "country": used.country, "fields": labels(used.fields), "purpose": told["purpose"], "origin": made.origin,
        "clauses": told["clauses"], "policy": leaf.policy.hex(), "leaf": leaf_hash(made.leaf).hex(),
        "index": place.index if place else None, "size": place.size if place else 0,
        "root": place.checkpoint.splitlines()[2] if place else "", "log": log.number_of(made.origin),
    }  # fmt: skip


def keys_gone_by() -> date:
    """The day on which the last copy of a key destroyed today can be opened no more (clause rights.ninety-days)."""
    days = statement.current().promises["backup-key-destroyed"].amount
    return timezone.now().date() + timedelta(days=days)
