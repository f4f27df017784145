"""What the record says about one subject, shown to that subject: who used their data, why, when, under which clause."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from troth.engine.ledger import Receipt
from troth.engine.policy import Permit
from troth.engine.seal import Cipher

from ..errors import Refused
from ..journal import log, writing
from ..journal.models import Entry, Share, Untold
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
    taken: tuple[str, ...]
    act: str
    place: str
    country: str
    is_integrated: bool
    ground: str = ""
    by: UUID | None = None


def mine() -> QuerySet[Entry]:
    """The entries on the subject of the open use, newest first, to be filtered and cut before `history` opens them."""
    subject, _ = _own()
    theirs = Share.objects.filter(subject=subject).exclude(entry__in=Untold.now())
    return Entry.objects.filter(id__in=theirs.values("entry")).order_by("-seq")


def history(entries: Iterable[Entry] | None = None) -> list[Used]:
    """Every entry on the subject of the open use, newest first; or those of `mine()` that are given.

    The use must be one of own data (clause rights.ninety-days).  Raises Refused otherwise.
    """
    subject, cipher = _own()
    wanted = list(mine() if entries is None else entries)
    found = Share.objects.filter(subject=subject)
    if entries is not None:
        found = found.filter(entry__in=[entry.id for entry in wanted])
    shares: dict[str, list[Share]] = {}
    for share in found.order_by("pk"):
        # Two subjects who became one may have a part each in one entry.
        shares.setdefault(share.entry, []).append(share)
    return [
        _used(entry, _detail(cipher, subject, share)[1]) for entry in wanted for share in shares[entry.id]
    ]


def receipt(entry: str) -> Receipt:
    """The receipt of one entry for the subject of the open use; of the part that was theirs first.

    Raises Refused, Share.DoesNotExist.
    """
    subject, cipher = _own()
    told = Share.objects.exclude(entry__in=Untold.now()).filter(entry=entry, subject=subject).order_by("pk")
    salt, detail = _detail(cipher, subject, told[:1].get())
    return log.receipt(entry, salt, detail)


def _own() -> tuple[str, Cipher]:
    use = current_use()
    told_of: UUID | None = getattr(use.given, "record_of", None)
    if told_of is None:
        raise Refused(
            "the record of uses is shown to the person it is about, on the ground of their own data,"
            " and to those who look after a workspace"
        )
    ground: Any = use.given
    decision = use.policy.decide("use", CATEGORY, use.purpose, use.by.role, frozenset({ground.ground}))
    if not isinstance(decision, Permit):
        raise Refused(decision.reason, decision.clause)
    return told_of.hex, use.cipher(told_of.hex)


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
        read=tuple(told.get("used", {})), taken=tuple(told.get("collected", {})), place=told.get("place", ""),
        ground=told.get("ground", ""), by=UUID(told["person"]) if "person" in told else None,
    )  # fmt: skip


def _act(told: dict[str, Any]) -> str:
    if told.get("own") and told["role"] != "data-subject" and told.get("used") and not told.get("refused"):
        return "acted"  # their own work in a role met what is about themselves
    for act in (
        "refused",
        "disclosed",
        "collected",
        "limited",
        "merged",
        "handed over",
        "agreed",
        "deleted",
        "acted",
    ):
        if act in told and told[act] not in ({}, ""):
            return act
    return "read"
