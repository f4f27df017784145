"""What the pages of versions show: the archive, what changed, a draft, and what a person is asked."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from troth.engine.statement import combine, compare, parse
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.subjects import versions

from .models import Answer, Draft, DraftSignature

WORDS = {
    "opened": "Permits more", "closed": "Permits less", "clause added": "New clause", "clause removed": "Clause gone",
    "title": "Title", "prose": "Wording", "rule added": "New rule", "rule removed": "Rule gone",
}  # fmt: skip

MOST_TOLD = 5
"""Versions, the newest first, of which somebody can be reminded."""


def archive() -> list[dict[str, Any]]:
    """Every version, newest first, with the one before it."""
    rows = sorted(StatementVersion.objects.defer("text", "agreement"), key=_begins, reverse=True)
    before = [*rows[1:], None]
    return [
        {
            "version": row.version, "short": row.version[:16], "begins": _begins(row), "has_changes": old is not None,
            "is_current": row.version == statement.current().version,
        }
        for row, old in zip(rows, before, strict=False)  # before the first version there is none
    ]  # fmt: skip


def _begins(row: StatementVersion) -> Any:
    return row.in_force_at or row.published_at


def before(row: StatementVersion) -> StatementVersion | None:
    """The version that was in force before one."""
    older = [each for each in StatementVersion.objects.all() if _begins(each) < _begins(row)]
    return max(older, key=_begins, default=None)


@cache
def changes(old: str, new: str) -> list[dict[str, str]]:
    """The differences of two published versions, in words."""
    texts = [_text(StatementVersion.objects.get(version=version)) for version in (old, new)]
    return said([[each.kind, each.clause, each.text] for each in compare(*texts)])


def _text(row: StatementVersion) -> Any:
    return combine(parse(row.text, "statement.md"), parse(row.agreement, "agreement.md"))


def said(listed: Iterable[list[str]]) -> list[dict[str, str]]:
    """Changes as a page prints them: those that permit more on top."""
    order = list(WORDS)
    return [
        {"kind": kind, "word": WORDS[kind], "clause": clause, "text": text}
        for kind, clause, text in sorted(listed, key=lambda each: order.index(each[0]))
    ]


def draft(row: Draft, reader: Any) -> dict[str, Any]:
    """A draft as its page shows it."""
    signed = {each.step: each.signed_at for each in row.signatures.all()}
    state = "open" if row.published_at else "closed" if row.dropped_at else "waiting"
    words = {"open": "Published", "closed": "Dropped", "waiting": "Waits for approval"}
    return {
        "pk": row.pk, "short": row.version[:16], "state": state, "word": words[state], "from_day": row.from_day,
        "touches": row.touches, "opens": row.opens, "changes": said(row.changes), "drafted": signed.get("drafted"),
        "officer": signed.get("privacy-officer"), "owner": signed.get("owner"), "entered_at": row.entered_at,
        "is_mine": DraftSignature.objects.filter(draft=row, owner=reader).exists(),
    }  # fmt: skip


def asked(subject: UUID) -> dict[str, Any]:
    """What a person is asked now: whether something of theirs is under older rules."""
    current = statement.current().version
    row = Draft.objects.filter(version=current).first()
    answer = Answer.objects.filter(owner=subject, version=statement.under()).first()
    return {
        "version": statement.under(), "full": current, "opens": bool(row and row.opens),
        "is_behind": bool(row) and versions.is_behind(subject), "agreed_at": answer.agreed_at if answer else None,
    }  # fmt: skip


def own_card(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """The card on one's own page."""
    del request
    return {"asked": asked(subject)}


def banner(request: HttpRequest) -> dict[str, Any] | None:
    """What is said above each page of an account, from the letter on until its day, or until they agree."""
    person = getattr(request, "person", None)
    if person is None or request.path == reverse("own-version"):
        return None
    waiting = Answer.objects.filter(owner=person.owner_id, agreed_at=None).order_by("-told_at")
    told = list(waiting.values_list("version", flat=True)[:MOST_TOLD])
    for version in told:
        row = Draft.objects.filter(version__startswith=version).exclude(published_at=None).first()
        if row is None:
            continue
        is_to_come = row.from_day > timezone.now().date()
        if is_to_come or row.version == statement.current().version:
            return {
                "opens": row.opens, "is_to_come": is_to_come, "from_day": row.from_day, "version": row.version,
            }  # fmt: skip
    return None
