"""What the record says about one subject, shown to that subject: who used their data, why, when, under which clause."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from troth.engine.ledger import Receipt
from troth.engine.policy import Permit
from troth.engine.seal import Cipher

from ..errors import Refused
from ..journal import log, writing
from ..journal.models import Entry, Share
from .actor import OwnData
from .use import current_use

CATEGORY = "use-record.detail"


@dataclass(frozen=True, slots=True)
class Used:
    """One entry, as its subject may see it."""

    entry: str
    at: datetime
    role: str
    purpose: str
    clauses: tuple[str, ...]
    fields: tuple[str, ...]
    read: tuple[str, ...]
    act: str
    place: str
    country: str
    is_integrated: bool


def history() -> list[Used]:
    """Every entry on the subject of the open use, newest first.

    The use must be one of own data (clause rights.ninety-days).  Raises Refused otherwise.
    """
    subject, cipher = _own()
    shares = {share.entry: share for share in Share.objects.filter(subject=subject)}
    entries = Entry.objects.filter(id__in=shares).order_by("-seq")
    return [_used(entry, _detail(cipher, subject, shares[entry.id])[1]) for entry in entries]


def receipt(entry: str) -> Receipt:
    """The receipt of one entry for the subject of the open use.  Raises Refused, Share.DoesNotExist."""
    subject, cipher = _own()
    salt, detail = _detail(cipher, subject, Share.objects.get(entry=entry, subject=subject))
    return log.receipt(entry, salt, detail)


def _own() -> tuple[str, Cipher]:
    use = current_use()
    if not isinstance(use.given, OwnData):
        raise Refused(
            "the record of uses is shown to the person it is about, on the ground of their own data"
        )
    decision = use.policy.decide("use", CATEGORY, use.purpose, use.by.role, frozenset({OwnData.ground}))
    if not isinstance(decision, Permit):
        raise Refused(decision.reason, decision.clause)
    subject = use.given.subject.hex
    return subject, use.cipher(subject)


def _detail(cipher: Cipher, subject: str, share: Share) -> tuple[bytes, bytes]:
    return writing.open_share(cipher, subject, share.entry, bytes(share.sealed))


def _used(entry: Entry, detail: bytes) -> Used:
    # All but the index comes from what the leaf commits to, not from columns that anybody with the database could edit.
    told = json.loads(detail)
    named = {
        key: value for part in ("used", "collected", "disclosed") for key, value in told.get(part, {}).items()
    }
    return Used(
        entry=entry.id, at=datetime.fromisoformat(told["at"]), role=told["role"], purpose=told["purpose"],
        clauses=tuple(sorted(set(named.values()))), fields=tuple(named), act=_act(told),
        country=told.get("country", ""), is_integrated=entry.index is not None,
        read=tuple(told.get("used", {})), place=told.get("place", ""),
    )  # fmt: skip


def _act(told: dict[str, Any]) -> str:
    for act, word in (("refused", "refused"), ("disclosed", "disclosed"), ("collected", "collected")):
        if told.get(act):
            return word
    return "read"
