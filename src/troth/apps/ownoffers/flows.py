"""What is done with offers of ours: one function for each verb."""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.outbound.mail import enqueue
from troth.gate.registry import serves
from troth.gate.subjects.erase import erase
from troth.gate.subjects.find import WITH_ACCOUNT
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.subjects.parting import erase_row
from troth.gate.uses import SYSTEM, Actor, act, using

from .models import OwnOffer, Response
from .showing import choices

ANSWERING = serves("answering-enquiries")
PLACE = "offer"


def offer(title: str, text: str, shown_to: str, begins_at: datetime, ends_at: datetime) -> OwnOffer:
    """Put an offer up.  Raises Refused for a rule that is on no list, and for days that cannot be."""
    known = {case for _, cases in choices() for case, _ in cases}
    if shown_to and shown_to not in known:
        raise Refused("there is no such rule on the list")
    if ends_at <= max(begins_at, timezone.now()):
        raise Refused("an offer ends after it begins, on a day to come")
    with act():
        made = OwnOffer(title=title, text=text, shown_to=shown_to, begins_at=begins_at, ends_at=ends_at)
        made.save(force_insert=True)
    return made


def end(offer: OwnOffer) -> None:
    """Take an offer off: nobody is shown it, and nobody can answer it any more."""
    with act():
        OwnOffer.objects.filter(pk=offer.pk, ended_at=None).update(ended_at=timezone.now())


def answer(
    offer: OwnOffer, row_id: str, values: dict[str, Any], seen: str, sender: UUID | None
) -> Response | None:
    """Keep an answer and write its confirmation; None when this form was sent before.  Raises NotNow.

    It is `sender`'s, the subject of an account that proved the address.  Without one it is a subject of its own, and the
    link in the confirmation is the only key to its page.  clause: navigation.anonymous
    """
    if Response.objects.filter(pk=row_id).exists():
        return None
    token = secrets.token_urlsafe(32)
    try:
        with using(ANSWERING, by=SYSTEM, at=PLACE), act():
            found = OwnOffer.objects.select_for_update().get(pk=offer.pk)
            if not found.is_live or seen != found.digest():
                raise NotNow("This offer is over, or is no longer what you were shown. Nothing was kept.")
            row = Response(
                id=UUID(row_id), owner_id=sender or DataSubject.begin(Kind.PERSON).pk, offer=found, text_hash=seen,
                link_hash=_hash(token), **values,
            )  # fmt: skip
            row.save(force_insert=True)
            enqueue(
                row.owner_id, values["email"], f"Your answer: {found.title}", _confirmation(token, sender)
            )
    except IntegrityError:
        if Response.objects.filter(pk=row_id).exists():
            return None  # another press of the button was quicker
        raise
    return row


def find_by_token(token: str) -> Response | None:
    """The answer whose private link this is."""
    found: Response | None = Response.objects.filter(link_hash=_hash(token)).first()
    return found


def is_of_account(row: Response) -> bool:
    """Whether it belongs to somebody with an account, who proved its address: then the link is no key to it."""
    return any(known({row.owner_id}) for known in WITH_ACCOUNT)


def take_back(row: Response, by: Actor) -> Erasure:
    """Erase an answer, with its key; the receipt goes to its address.  Of an account it is this answer alone."""
    with using("sending-mail", by=SYSTEM):
        address: str = row.email
    if is_of_account(row):
        return erase_row(row, by, receipt_to=address)
    return erase(row.owner_id.hex, by, receipt_to=address)


def handle(row: Response) -> None:
    """Staff did what was asked for."""
    with act():
        Response.objects.filter(pk=row.pk, handled_at=None).update(handled_at=timezone.now())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _confirmation(token: str, sender: UUID | None) -> str:
    link = settings.TROTH_BASE_URLS["company"] + reverse("own-offer-open", "troth.config.urls", args=[token])
    who = (
        "It opens for you alone, while you are signed in."
        if sender
        else "Whoever has this link can open the page, so keep it to yourself."
    )
    return (
        "Thank you. We have your answer and will write to you about it. Nobody outside gets it.\n\n"
        f"This page shows what you gave, and takes it back:\n{link}\n\n{who}\n"
    )
