"""Who outside was given what, from a subject's own part of the record of uses.

No value leaves this module: what it finds are recipients, purposes, and the references the recipient knows.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from troth.engine.ledger import Kind
from troth.engine.policy import Permit
from troth.engine.seal import Cipher, SealBroken

from ..errors import Refused
from ..journal import writing
from ..journal.models import Entry, Share, Untold
from ..outbound.mail import CARRIER
from ..outbound.mail import PURPOSE as BY_MAIL
from ..outbound.models import Message
from ..published import statement
from ..registry import serves
from ..uses import SYSTEM

PURPOSE = serves("telling-recipients")
OPENED = "use-record.detail"
OUTSIDE = "third-party"
CHUNK = 500
NOT_TOLD: set[str] = set()
"""Recipients outside whom nobody tells of a correction, named by the app that hands data to them, with its reason."""


@dataclass(slots=True)
class Given:
    """What one recipient was given: for which purpose last, and under which references."""

    recipient: str
    purpose: str = ""
    references: dict[str, None] = field(default_factory=dict)


def clause() -> str:
    """The clause under which the record of uses is opened for this.  Raises Refused."""
    decision = statement.current().decide("use", OPENED, PURPOSE, SYSTEM.role)
    if not isinstance(decision, Permit):
        raise Refused(decision.reason, decision.clause)
    return decision.clause


def outside() -> frozenset[str]:
    """The statement's third parties and service providers, but for those who are not told of corrections."""
    recipients = statement.current().recipients

    def is_outside(name: str | None) -> bool:
        while name is not None and name != OUTSIDE:
            name = recipients[name].parent
        return name is not None

    return frozenset(name for name in recipients if is_outside(name)) - NOT_TOLD


def everything(subject: str, cipher: Cipher) -> dict[str, Given]:
    """By recipient, all that they were ever given about a subject (32 hex digits)."""
    found = _gathered(_details(subject, cipher, 0), None)
    return _add_mail(found, subject, (Message.State.SENDING,))


def one_kind(
    subject: str, cipher: Cipher, category: str, since: int, without: Collection[str]
) -> dict[str, Given]:
    """By recipient, what they were given of one category after the entry with number `since`.

    `without` are references of our own messages to desks: the address in those is the desk's, not the person's.
    """
    found = _gathered(_details(subject, cipher, since), category)
    if category == Message.seals["address"].category:
        # Written before the correction and sent after it: the old address is sealed in the message.
        _add_mail(found, subject, (Message.State.QUEUED, Message.State.SENDING))
    for given in found.values():
        given.references = {each: None for each in given.references if each not in without}
    return {name: given for name, given in found.items() if given.references}


def _details(subject: str, cipher: Cipher, since: int) -> Iterator[dict[str, Any]]:
    own = Share.objects.filter(subject=subject).exclude(entry__in=Untold.now()).values("entry")
    entries = Entry.objects.filter(
        id__in=own, kind=Kind.DISCLOSE, recipient__in=outside(), seq__gt=since
    ).order_by("seq")
    ids = list(entries.values_list("id", flat=True))
    for start in range(0, len(ids), CHUNK):
        wanted = ids[start : start + CHUNK]
        place = {entry: number for number, entry in enumerate(wanted)}
        # Two subjects who became one may have a part each in one entry.
        shares = Share.objects.filter(subject=subject, entry__in=wanted).order_by("pk")
        for share in sorted(shares, key=lambda share: place[share.entry]):
            try:
                _, detail = writing.open_share(cipher, subject, share.entry, bytes(share.sealed))
            except SealBroken:
                # Spoilt: nobody can read it, and the others are to be told all the same.
                continue
            yield json.loads(detail)


def _gathered(details: Iterator[dict[str, Any]], category: str | None) -> dict[str, Given]:
    found: dict[str, Given] = {}
    for detail in details:
        if category is None or category in detail.get("disclosed", {}):
            given = found.setdefault(detail["role"], Given(detail["role"]))
            given.purpose = detail["purpose"]
            # What was disclosed before references were kept is found by its moment and our number.
            given.references[detail.get("reference") or f"{detail['entry']} of {detail['at']}"] = None
    return found


def _add_mail(found: dict[str, Given], subject: str, states: tuple[str, ...]) -> dict[str, Given]:
    leaving = Message.objects.filter(owner=subject, state__in=states).order_by("queued_at")
    for reference in leaving.values_list("message_id", flat=True):
        found.setdefault(CARRIER, Given(CARRIER, BY_MAIL)).references[reference] = None
    return found
