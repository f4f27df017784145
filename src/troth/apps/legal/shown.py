"""What the pages of legal records show: a list for staff, one record, and the public count."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from troth.gate.countries import countries
from troth.gate.published import statement

from . import counting
from .models import LegalRecord, LegalSignature

WORDS = {"waiting": "Waits for approval", "open": "In force", "closed": "Over"}


def proof_part(request: HttpRequest) -> dict[str, Any]:
    """This year's counts, on the public proof page."""
    del request
    return {"year": counting.by_year(timezone.now().year)[0]}


def head(row: LegalRecord) -> dict[str, Any]:
    """What a line of the list says; nothing is opened."""
    state = "closed" if not row.is_open else "open" if row.approved_at else "waiting"
    return {
        "number": row.number, "kind": row.get_kind_display(), "state": state, "word": WORDS[state],
        "entered_at": row.entered_at, "until": row.until, "deadline": row.deadline, "named": row.named.count(),
        "is_untold": row.untold_until is not None,
    }  # fmt: skip


def one(row: LegalRecord, reader: Any) -> dict[str, Any]:
    """A record as its page shows it; runs inside the use of whoever reads it."""
    known = statement.current().categories
    signed = {each.step: each.signed_at for each in row.signatures.all()}
    is_mine = LegalSignature.objects.filter(record=row, owner=reader).exists()
    return {
        **head(row), "authority": row.authority, "reference": row.reference_given, "reasons": row.reasons,
        "country": countries().get(row.country, row.country), "dated": row.dated,
        "categories": [known[name].label for name in row.categories.split() if name in known],
        "since": row.since, "before": row.before, "untold_to": row.untold_to, "subjects": row.subjects(),
        "entered": signed.get("entered"), "officer": signed.get("privacy-officer"), "owner": signed.get("owner"),
        "is_mine": is_mine, "told": row.named.exclude(told_at=None).count(), "has_key": bool(row.key),
        "has_order": row.order_id is not None, "has_package": row.package_id is not None, "items": row.items,
    }  # fmt: skip
