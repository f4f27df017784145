"""What the office's pages show."""

import re
from typing import Any

from django.conf import settings
from django.urls import reverse

from troth.engine.ledger import Kind, Leaf, is_included, leaf_hash, prove_inclusion
from troth.gate.journal import log
from troth.gate.journal.counting import by_day, by_top_purpose
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.proving.breach import is_planted
from troth.gate.published import statement
from troth.gate.registry import FIGURES, OFFICE, PLOTS, Plot
from troth.gate.subjects.models import Erasure

DAYS = 14
MAIL_CLAUSE = "use.requested"
PRIVATE = re.compile(r"(/open/)[\w-]+|^    \d{8}$", re.MULTILINE)


def figures(role: str) -> list[dict[str, Any]]:
    """The numbers on top; each leads to its page where the role may open it."""
    may = {page.url_name for page in OFFICE if not page.roles or role in page.roles}
    own = [(f.label, f.read(), f.note, f.url_name) for f in FIGURES]
    queued = Message.objects.filter(state=Message.State.QUEUED).count()
    failed = Message.objects.filter(state__in=(Message.State.FAILED, Message.State.UNKNOWN)).count()
    own.append(("Mail waiting", queued, f"{failed} failed", "office-mail"))
    head, waiting = log.head(), Entry.objects.filter(index=None).count()
    own.append(("Entries in the log", head.size if head else 0, f"{waiting} waiting", "office-ledger"))
    own.append(("Erasures under way", Erasure.objects.exclude(state=Erasure.State.DONE).count(), "", ""))
    return [
        {"label": label, "value": value, "note": note, "url": reverse(name) if name in may else ""}
        for label, value, note, name in own
    ]


def plots() -> list[dict[str, Any]]:
    """Counts over the last days, as small plots."""
    return [_plot(each) for each in (*PLOTS, Plot("Uses of personal data", by_day))]


def _plot(plot: Plot) -> dict[str, Any]:
    counted = plot.by_day(DAYS)
    most = max(number for _, number in counted) or 1
    rows = [{"label": f"{day:%-d %b}", "value": n, "percent": round(100 * n / most)} for day, n in counted]
    return {"label": plot.label, "total": sum(n for _, n in counted), "rows": rows, "days": DAYS}


def uses_by_purpose() -> list[dict[str, Any]]:
    """Entries by top purpose."""
    counted, labels = by_top_purpose(), statement.current().purposes
    most = max((n for _, n in counted), default=1)
    return [
        {"label": labels[t].label if t in labels else t, "value": n, "percent": round(100 * n / most)}
        for t, n in counted
    ]


def breach() -> dict[str, Any] | None:
    """The sample's break-it card; None in a real install."""
    what = "an e-mail address in clear, where a sealed value belongs"
    return (
        {"planted": is_planted(), "clause": "security.measures", "what": what}
        if settings.TROTH_DEMO
        else None
    )


def why_mail() -> dict[str, str]:
    """Why this page may be read."""
    purpose = statement.current().purposes["supervising-mail"].label
    return {"purpose": purpose, "clause": MAIL_CLAUSE, "clause_title": statement.title(MAIL_CLAUSE)}


def message(row: Message) -> dict[str, Any]:
    """A line of the outgoing mail, opened."""
    return {
        "pk": row.pk, "recipient": row.address, "subject": row.subject, "sender": settings.DEFAULT_FROM_EMAIL,
        "state": row.state, "state_label": row.get_state_display(), "kind": row.kind, "message_id": row.message_id,
        "queued_at": row.queued_at, "sent_at": row.sent_at, "attempts": row.attempts,
    }  # fmt: skip


def body(row: Message) -> str:
    """The text of a message, without what would open the reader's own page: the token of a link, the digits of a code."""
    return str(row.body) if settings.TROTH_DEMO else PRIVATE.sub(r"\1…", row.body)


def attached(row: Message) -> str:
    """The receipt that goes with a message, where nothing is really sent and it can be seen nowhere else."""
    return str(row.attachment or "") if settings.TROTH_DEMO else ""


def head() -> dict[str, Any] | None:
    """The log's head."""
    last = log.head()
    if last is None:
        return None
    return {
        "size": last.size,
        "root": bytes(last.root).hex(),
        "at": last.at,
        "origin": log.origin(last.log),
    }


def entry(row: Entry) -> dict[str, Any]:
    """An entry as the office lists it."""
    policy = statement.current()
    purpose, recipient = policy.purposes.get(row.purpose), policy.recipients.get(row.recipient)
    return {
        "pk": row.id, "at": row.at, "kind": Kind(row.kind).name.lower(), "index": row.index, "version": row.version,
        "purpose": purpose.label if purpose else row.purpose,
        "recipient": recipient.label if recipient else row.recipient,
        "clauses": [{"id": clause, "title": statement.title(clause)} for clause in row.clauses.split()],
        "country": row.country, "subjects": row.subjects,
    }  # fmt: skip


def leaf(row: Entry) -> dict[str, Any]:
    """The public bytes of an entry, and the hour they tell."""
    data = bytes(row.leaf)
    return {
        "leaf": data.hex(),
        "leaf_hash": leaf_hash(data).hex(),
        "hour": f"{Leaf.decode(data).hour % 24:02d}:00 UTC",
    }


def proof(row: Entry) -> dict[str, Any] | None:
    """The entry's inclusion proof, checked; None while it waits."""
    last = log.head(row.log)
    if last is None or row.index is None or row.index >= last.size:
        return None
    path, root = prove_inclusion(row.index, last.size, log.reader(last.log)), bytes(last.root)
    valid = is_included(leaf_hash(bytes(row.leaf)), row.index, last.size, path, root)
    return {"size": last.size, "root": root.hex(), "path": [node.hex() for node in path], "valid": valid}
