"""What the pages of an enquiry show, put together inside the use that opens it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from troth.accounts.models import Role, StaffMember
from troth.engine.ledger import Leaf, Receipt, leaf_hash
from troth.gate.journal import log
from troth.gate.published import statement
from troth.gate.subjects.retention import keep_rule, kept_until
from troth.gate.uses.history import Used

from .models import Call, Enquiry, Reply

CLAUSE = "use.requested"
DETAILS = ("name", "company", "address", "phone", "email")
OWN_LOOK = "data-subject"
OWN_PLACES = frozenset({"contact-us", "enquiry-thread"})
SAME = ("kind", "who", "fields", "purpose", "clause", "to")
ACTS = {"disclosed": "sent", "collected": "collected", "refused": "refused", "read": "read"}


def details(enquiry: Enquiry) -> list[dict[str, str]]:
    """What the visitor gave, with the statement's labels; empty fields are left out."""
    categories = statement.current().categories
    given = [(categories[Enquiry.seals[name].category].label, getattr(enquiry, name)) for name in DETAILS]
    return [{"label": label, "value": value} for label, value in given if value]


def head(enquiry: Enquiry, assignee: str = "") -> dict[str, Any]:
    """The enquiry's own line."""
    return {
        "pk": enquiry.pk, "topic": enquiry.topic, "state": enquiry.state, "state_label": enquiry.get_state_display(),
        "sent_at": enquiry.received_at, "assignee": assignee, "wants_call": enquiry.wants_call,
    }  # fmt: skip


def kept_until_of(enquiry: Enquiry) -> datetime | None:
    """When the statement's `keep` rule ends it, unless somebody writes again."""
    rule = keep_rule(Enquiry, enquiry.collected_under)
    return kept_until(enquiry.last_contact_at, rule[1], rule[2]) if rule else None


def why() -> dict[str, str]:
    """The line that tells staff why they may read this."""
    policy = statement.current()
    return {
        "clause": CLAUSE, "clause_title": statement.title(CLAUSE),
        "purpose": policy.purposes["answering-enquiries"].label, "ground": policy.grounds["enquiry"].label,
    }  # fmt: skip


def messages(enquiry: Enquiry, replies: Iterable[Reply], *, for_visitor: bool) -> list[dict[str, Any]]:
    """The conversation, oldest first."""
    writer = "You" if for_visitor else enquiry.name
    told = [
        {
            "kind": "message",
            "at": enquiry.received_at,
            "who": writer,
            "body": enquiry.message,
            "mine": for_visitor,
        }
    ]
    for reply in replies:
        who = _role(reply.role) if reply.by_staff else writer
        told.append({
            "kind": "answer" if reply.by_staff else "message", "at": reply.sent_at, "who": who, "body": reply.message,
            "mine": reply.by_staff is not for_visitor,
        })  # fmt: skip
    return told


def calls(noted: Iterable[tuple[Call, str]]) -> list[dict[str, Any]]:
    """Calls and what was said in them."""
    return [
        {
            "kind": "call", "at": call.at, "who": _role(call.role), "outcome": call.get_outcome_display(), "body": note,
            "mine": False,
        }
        for call, note in noted
    ]  # fmt: skip


def uses(entries: Iterable[Used]) -> list[dict[str, Any]]:
    """Who did what with it, by role, with the clause that allowed it; likes in a row are one line with a count.

    Left out are one's own looks, and what our systems wrote down themselves: the messages show those.
    """
    told: list[dict[str, Any]] = []
    # Newest first is how the record comes, and it tells whole seconds: turned round, those of one second stay in order.
    in_turn = [*entries][::-1]
    in_turn.sort(key=lambda used: used.at)
    for each in in_turn:
        if each.role == OWN_LOOK or (
            each.act == "collected" and each.place not in OWN_PLACES and not each.read
        ):
            continue
        event = use(each)
        if told and all(told[-1][key] == event[key] for key in SAME):
            told[-1]["more"].append({"at": told[-1]["at"], "entry": told[-1]["entry"]})
            told[-1].update(at=event["at"], entry=event["entry"])
        else:
            told.append(event)
    return told


def use(used: Used) -> dict[str, Any]:
    """One entry of the record, in words."""
    policy = statement.current()
    is_own, is_sent = used.act == "collected" and used.place in OWN_PLACES, used.act == "disclosed"
    is_read = used.act == "collected" and not is_own
    shown_fields = used.read if is_read else used.fields
    labels = [policy.categories[name].label for name in shown_fields if name in policy.categories]
    clause = used.clauses[0] if used.clauses else ""
    purpose = policy.purposes.get(used.purpose)
    return {
        "kind": "read" if is_read else ACTS.get(used.act, "read"), "at": used.at, "fields": labels,
        "who": "You" if is_own else "Our systems" if is_sent else _role(used.role),
        "purpose": purpose.label if purpose else used.purpose, "clause": clause, "clause_title": statement.title(clause),
        "to": _role(used.role) if is_sent else "", "entry": used.entry, "is_integrated": used.is_integrated,
        "mine": is_own, "more": [],
    }  # fmt: skip


def in_order(*groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages and uses on one line, oldest first; the record tells whole seconds, so what was sent goes first."""
    events = [event for group in groups for event in group]
    return sorted(
        events, key=lambda event: (event["at"].replace(microsecond=0), not (event["mine"] or "body" in event))
    )


def _role(role: str) -> str:
    recipient = statement.current().recipients.get(role)
    label = recipient.label if recipient else role
    return label[:1].upper() + label[1:]


def inbox_row(enquiry: Enquiry, assignees: Mapping[Any, str]) -> dict[str, Any]:
    """A line of the inbox."""
    return {
        "pk": enquiry.pk, "name": enquiry.name, "email": enquiry.email, "company": enquiry.company or "",
        "topic": enquiry.topic, "state": enquiry.state, "state_label": enquiry.get_state_display(),
        "assignee": assignees.get(enquiry.assignee_id, ""), "received_at": enquiry.received_at,
        "last_at": enquiry.last_contact_at, "last_who": "",
    }  # fmt: skip


def assignees(request: HttpRequest) -> dict[Any, str]:
    """Roles of the staff who read enquiries, by subject; one's own line says so."""
    own: StaffMember | None = request.staff  # type: ignore[attr-defined]
    found = {}
    for member in StaffMember.objects.filter(role__in=(Role.SALES, Role.SUPPORT)):
        is_own = own is not None and member.pk == own.pk
        found[member.owner_id] = f"{member.get_role_display()}{' (you)' if is_own else ''}"
    return found


def receipt(used: Used, made: Receipt) -> dict[str, Any]:
    """A receipt in words and figures."""
    event, place = use(used), made.place
    leaf = Leaf.decode(made.leaf)
    return {
        "entry": used.entry, "act": used.act, "at": used.at, "who": _role(used.role), "country": used.country,
        "fields": event["fields"], "purpose": event["purpose"], "origin": made.origin, "policy": leaf.policy.hex(),
        "clauses": [{"id": clause, "title": statement.title(clause)} for clause in used.clauses],
        "index": place.index if place else None, "size": place.size if place else 0, "leaf": leaf_hash(made.leaf).hex(),
        "root": place.checkpoint.splitlines()[2] if place else "", "log": log.number_of(made.origin),
    }  # fmt: skip


def keys_gone_by() -> date:
    """The day on which the last copy of a key destroyed today can be opened no more (clause rights.ninety-days)."""
    days = statement.current().promises["backup-key-destroyed"].amount
    return timezone.now().date() + timedelta(days=days)
