"""What the pages of a request show, put together inside the use that opens it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from troth.accounts.people.models import Person
from troth.gate.export.models import Export
from troth.gate.published import statement
from troth.gate.subjects import limits
from troth.gate.subjects.foresee import Foreseen
from troth.gate.subjects.obstacles import Obstacle
from troth.gate.telling.shown import ShownCorrection
from troth.gate.telling.shown import shown as corrections_of

from . import days
from .models import Request

DOTS = {"done": "answered", "refused": "closed", "lapsed": "closed"}


def head(row: Request) -> dict[str, Any]:
    """The request's own line; opens nothing."""
    return {
        "number": row.number, "kind": row.get_kind_display(), "state": DOTS.get(row.state, "open"),
        "state_label": row.get_state_display().capitalize(), "received_at": row.received_at, "due_at": row.due_at,
        "due_on": days.day_of(row.due_at), "target_on": days.target_of(row.received_at),
        "left": days.left(days.ends(row.received_at, row.due_at)),
        "identity": row.get_identity_display(), "purpose": limits.objectionable().get(row.purpose, ""),
        "is_proven": row.proven_at is not None, "is_closed": row.is_closed,
        "is_closing": row.state == Request.State.CLOSING, "closed_at": row.closed_at,
        "clause": row.refused_clause, "clause_title": statement.title(row.refused_clause) if row.refused_clause else "",
    }  # fmt: skip


def messages(row: Request, *, for_person: bool) -> list[dict[str, Any]]:
    """The thread, oldest first, as `ui/event.html` wants it."""
    recipients = statement.current().recipients
    told = []
    for each in row.messages.all():
        ours = bool(each.role)
        label = recipients[each.role].label if each.role in recipients else ""
        who = label[:1].upper() + label[1:] if ours else "You" if for_person else "The person who asks"
        told.append({
            "kind": "answer" if ours else "message", "at": each.sent_at, "who": who, "body": each.text,
            "mine": ours is not for_person,
        })  # fmt: skip
    return told


def corrections(row: Request) -> list[ShownCorrection]:
    """What was corrected since the request came, newest first, with who was told and has confirmed."""
    made = [each for subject in row.subjects() | {row.owner_id} for each in corrections_of(subject)]
    return sorted(
        (each for each in made if each.at >= row.received_at), key=lambda each: each.at, reverse=True
    )


def can_erase(row: Request) -> bool:
    """Whether the person can have the deletion carried out here; with an account it is done on their own page."""
    is_account = Person.objects.filter(owner=row.owner_id).exists()
    return (
        row.kind == Request.Kind.DELETION
        and row.is_live()
        and row.state != Request.State.CLOSING
        and not is_account
    )


def is_ready(export: Export) -> bool:
    """Whether there is an archive to be fetched."""
    over = export.expires_at is None or export.expires_at <= timezone.now()
    return export.state == Export.State.READY and not over


def archive(export: Export | None) -> dict[str, Any] | None:
    """How far the archive is."""
    if export is None:
        return None
    return {
        "is_ready": is_ready(export), "is_failed": export.state == Export.State.FAILED, "progress": export.progress,
        "until": export.expires_at, "is_preparing": export.state == Export.State.PREPARING,
    }  # fmt: skip


def foreseen(seen: Foreseen) -> dict[str, Any]:
    """What a deletion would do, in words."""
    return {
        "goes": seen.goes, "shared": seen.shared,
        "stays": [{"line": line, "clause": clause(line.clause)} for line in seen.stays],
    }  # fmt: skip


def obstacles(found: Iterable[Obstacle]) -> list[dict[str, Any]]:
    """What stands in the way, with what to do about it."""
    return [
        {"reason": each.reason, "advice": each.advice, "until": each.until, "clause": clause(each.clause)}
        for each in found
    ]


def clause(name: str) -> dict[str, str]:
    """A clause to link to."""
    return {"id": name, "title": statement.title(name) if name else ""}


def own_card(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """The card on the page of one's own data."""
    rows = [head(row) for row in Request.objects.filter(owner=subject)]
    return {
        "open": [row for row in rows if not row["is_closed"]],
        "closed": sum(row["is_closed"] for row in rows),
    }
