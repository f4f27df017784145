"""What can be done with an enquiry: one function for each verb.

Each runs inside a use that its caller opened, and is one act: all of it happens, with its entries, or none.
"""

import hashlib
import secrets
import uuid

from django.conf import settings
from django.db import DatabaseError, IntegrityError
from django.urls import reverse
from django.utils import timezone

from troth.gate.errors import SealError
from troth.gate.keystore import keys
from troth.gate.outbound.mail import enqueue
from troth.gate.subjects.erase import erase
from troth.gate.subjects.find import WITH_ACCOUNT
from troth.gate.subjects.models import DataSubject, Erasure, Kind
from troth.gate.subjects.parting import erase_row
from troth.gate.uses import SYSTEM, Actor, act, using

from .models import Enquiry, Reply


def send_enquiry(
    row_id: str,
    values: dict[str, str],
    topic: str,
    sender: uuid.UUID | None = None,
    *,
    wants_call: bool = False,
) -> Enquiry | None:
    """Keep a new enquiry and write its confirmation; None when this form was already sent.

    clause: use.requested.  It is `sender`'s, the subject of an account that proved the address.  Without one it is a
    subject of its own, and the link in the confirmation is the only key to its page.
    """
    if Enquiry.objects.filter(pk=row_id).exists():
        return None
    token = secrets.token_urlsafe(32)
    try:
        with act():
            owner = sender or DataSubject.begin(Kind.PERSON).pk
            enquiry = Enquiry(
                id=uuid.UUID(row_id), owner_id=owner, topic=topic, link_hash=_hash(token), wants_call=wants_call,
                **values,
            )  # fmt: skip
            enquiry.save(force_insert=True)
            enqueue(owner, values["email"], f"We have your enquiry: {topic}", _confirmation(token, sender))
    except IntegrityError:
        if Enquiry.objects.filter(pk=row_id).exists():
            return None
        raise
    return enquiry


def find_by_token(token: str) -> Enquiry | None:
    """The enquiry whose private link this is."""
    found: Enquiry | None = Enquiry.objects.filter(link_hash=_hash(token)).first()
    return found


def is_of_account(enquiry: Enquiry) -> bool:
    """Whether it belongs to somebody with an account, who proved its address: then the link is no key to it."""
    owner = {enquiry.owner_id}
    return any(known(owner) for known in WITH_ACCOUNT)


def answer_enquiry(enquiry: Enquiry, row_id: str, text: str, by: Actor) -> Reply | None:
    """Keep a staff member's answer and mail it; None when this form was already sent."""
    return _add_message(enquiry, row_id, text, by)


def reply_as_visitor(enquiry: Enquiry, row_id: str, text: str) -> Reply | None:
    """Keep a further message of the visitor; the enquiry is open again."""
    return _add_message(enquiry, row_id, text, None)


def _add_message(enquiry: Enquiry, row_id: str, text: str, by: Actor | None) -> Reply | None:
    if Reply.objects.filter(pk=row_id).exists():
        return None
    try:
        with act():
            return _write_message(enquiry, row_id, text, by)
    except IntegrityError:
        # Another press of the button came between the look and the writing.
        if Reply.objects.filter(pk=row_id).exists():
            return None
        raise


def _write_message(enquiry: Enquiry, row_id: str, text: str, by: Actor | None) -> Reply:
    reply = Reply(
        id=uuid.UUID(row_id), owner_id=enquiry.owner_id, enquiry=enquiry, author_id=by.subject if by else None,
        by_staff=by is not None, role=by.role if by else "", message=text,
    )  # fmt: skip
    reply.save(force_insert=True)
    state = Enquiry.State.ANSWERED if by else Enquiry.State.OPEN
    Enquiry.objects.filter(pk=enquiry.pk).update(state=state, last_contact_at=timezone.now())
    if by:
        enqueue(enquiry.owner_id, enquiry.email, f"Re: {enquiry.topic}", _answer(text, enquiry))
    return reply


def assign_enquiry(enquiry: Enquiry, to: uuid.UUID | None) -> None:
    """Give the enquiry to a member of staff (their subject), or back to everybody."""
    with act():
        Enquiry.objects.filter(pk=enquiry.pk).update(assignee_id=to)


def hand_back(member: uuid.UUID) -> None:
    """A member of staff leaves: what was theirs waits for everybody again.  Part of the act in which they do."""
    Enquiry.objects.filter(assignee=member).update(assignee=None)


def close_enquiry(enquiry: Enquiry) -> None:
    """Nothing more is to be done; a further message opens it again."""
    with act():
        Enquiry.objects.filter(pk=enquiry.pk).update(state=Enquiry.State.CLOSED)


def delete_enquiry(enquiry: Enquiry, by: Actor) -> Erasure:
    """Erase the enquiry's subject: thread, mail waiting or sent, and the log's details (clause rights.ninety-days).

    Of an account it is this enquiry alone, with its answers.  The receipt goes to the enquiry's address.
    """
    if is_of_account(enquiry):
        # Its owner stays: this waits for keys, and never becomes an erasure of the whole account.
        return erase_row(enquiry, by, receipt_to=_opened_address(enquiry))
    return erase(enquiry.owner_id.hex, by, receipt_to=_address_of(enquiry))


def _address_of(enquiry: Enquiry) -> str | None:
    """The address; None while no key opens it, since a deletion does not wait for keys."""
    try:
        is_readable = bool(keys.ciphers([enquiry.owner_id.hex]))
    except (SealError, DatabaseError):
        is_readable = False
    return _opened_address(enquiry) if is_readable else None


def _opened_address(enquiry: Enquiry) -> str:
    with using("sending-mail", by=SYSTEM):
        address: str = enquiry.email
    return address


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _confirmation(token: str, sender: uuid.UUID | None) -> str:
    link = settings.TROTH_BASE_URLS["company"] + reverse("thread-open", args=[token])
    return f"Thank you. We have your enquiry and will answer by e-mail.\n\n{_keys(link, sender)}"


def _keys(link: str, sender: uuid.UUID | None) -> str:
    """Who gets to the page of an enquiry, and what it is good for."""
    if sender is not None:
        return (
            f"It is part of your account. This page shows the conversation:\n{link}\n\n"
            "It opens for you alone, while you are signed in.\n"
        )
    return (
        "Your private page shows the conversation and who has read it, and lets you delete it:\n"
        f"{link}\n\n"
        "Whoever has this link can open the page, so keep it to yourself. Should the enquiry become part of an account"
        " under your address, the page opens for that account alone.\n"
    )


def _answer(text: str, enquiry: Enquiry) -> str:
    page = settings.TROTH_BASE_URLS["company"] + reverse("thread", args=[enquiry.pk])
    if is_of_account(enquiry):
        return f"{text}\n\n--\nTo reply, open this page while you are signed in to your account: {page}\n"
    return (
        f"{text}\n\n--\nTo reply, or to see who has read your enquiry, open the private link in our first message.\n"
        f"In the browser where you opened it before, {page} is enough.\n"
    )
