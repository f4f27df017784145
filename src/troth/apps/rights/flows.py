"""What can be done with a request: ask, prove who asks, write, answer, close.  One function for each verb.

INVARIANT: nothing closes without an outcome that reached the person; `close_reached` is the only way to a closed state.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.models import Person
from troth.gate.codes import codes
from troth.gate.errors import GateError
from troth.gate.outbound.mail import enqueue
from troth.gate.outbound.models import Message
from troth.gate.published import statement
from troth.gate.registry import serves
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using

from . import days, knowing, reminding, waiting
from .counting import count
from .models import CLOSED, Covered, Request, RequestMessage

PURPOSE, DESK = serves("answering-requests"), "request-desk"
ACT, ERASE_ACT = "request", "request-erase"
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
UNPROVEN_FOR = timedelta(days=30)
ARRIVED = (Message.State.SENT, Message.State.HELD)
LAPSED = (
    "Somebody, perhaps you, asked us about data under this address. Nobody proved that it was the person who reads"
    " the mail of this address, so we did nothing and have closed the request. If it was you, you can ask again any time."
)


def ask(
    row_id: str, kind: str, text: str, email: str = "", purpose: str = "", person: Person | None = None
) -> tuple[Request, str]:
    """Keep a new request; the row and the token of its private link ("" when this form was sent before).

    Somebody signed in has proven who asks; others are mailed a code.  clause: rights.ninety-days
    """
    token, now = secrets.token_urlsafe(32), timezone.now()
    with using(PURPOSE, by=SYSTEM, given=person, at=DESK), act():
        if (sent := Request.objects.filter(pk=row_id).first()) is not None:
            return sent, ""
        address = email or address_of(person)
        row = Request(
            id=UUID(row_id), owner_id=person.owner_id if person else DataSubject.begin(Kind.PERSON).pk,
            number=_number(), kind=kind, purpose=purpose, text=text, email=address, link_hash=_hash(token),
            received_at=now, due_at=days.due_after(now),
        )  # fmt: skip
        if not person:
            row.code_token = codes.send(ACT, row.owner_id, address, row.pk.hex, words_of(row))
        row.save(force_insert=True)
    if person:
        prove(row, Request.Identity.SIGNED_IN)
    return row, token


def address_of(person: Person | None) -> str:
    """The address of somebody's account, opened by themselves: it is they who ask, whatever limits they set."""
    if person is None:
        return ""
    by, own = Actor("data-subject", person.owner_id), OwnData(person.owner_id)
    with using("showing-own-data", by=by, given=own):
        address: str = person.email
    return address


def words_of(row: Request) -> str:
    """What the mail says a code is for: as little as it can, since it may reach somebody who asked for nothing."""
    return f"for request {row.number} about the data we hold under this address"


def _number() -> str:
    while True:
        drawn = "".join(secrets.choice(LETTERS) for _ in range(8))
        number = f"R-{drawn[:4]}-{drawn[4:]}"
        if not Request.objects.filter(number=number).exists():
            return number


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def find_by_token(token: str) -> Request | None:
    """The request whose private link this is."""
    found: Request | None = Request.objects.filter(link_hash=_hash(token)).first()
    return found


def is_link_of(row: Request, token: str) -> bool:
    """Whether a token is the request's."""
    return secrets.compare_digest(bytes(row.link_hash), _hash(token))


def send_code(row: Request, act_name: str = ACT) -> None:
    """Mail another code: to prove who asks, or to confirm a deletion."""
    words = f"to delete your data, request {row.number}" if act_name == ERASE_ACT else words_of(row)
    with using(PURPOSE, by=SYSTEM, given=row), act():
        code = codes.send(act_name, row.owner_id, row.email, row.pk.hex, words)
        Request.objects.filter(pk=row.pk).update(code_token=code)


def redeem(row: Request, act_name: str, typed: str) -> None:
    """Use the request's code up.  Raises CodeRefused."""
    codes.redeem(row.code_token or UUID(int=0), act_name, typed, row.pk.hex)


def prove_by_code(row: Request, typed: str, token: str) -> None:
    """The code is right: whoever typed it reads the mail of the address.  Raises CodeRefused."""
    redeem(row, ACT, typed)
    prove(row, Request.Identity.CODE, token=token)


def prove(row: Request, how: str, *, by: Actor = SYSTEM, reason: str = "", token: str = "") -> None:
    """It is sure who asks: the request covers every subject under that address, and the receipt goes out."""
    row.proven_at, row.identity, row.state = timezone.now(), how, Request.State.PROVEN
    with using(PURPOSE, by=by, given=row, at=DESK), act():
        changed = Request.objects.filter(pk=row.pk, state=Request.State.RECEIVED)
        if not changed.update(proven_at=row.proven_at, identity=how, state=row.state):
            return
        covered = knowing.known_as(row, row.email)
        for subject in covered:
            Covered(owner_id=row.owner_id, request=row, subject_id=subject).save(force_insert=True)
        if how == Request.Identity.STAFF:
            for subject in covered:
                notices.put(subject, knowing.COVERED, knowing.warning(row))
        if reason:
            _say(row, by, f"How we made sure who asks: {reason}")
        _say(row, SYSTEM, _receipt(row, knowing.is_account_left_out(row, row.email)), link=token)


def _receipt(row: Request, left_out: bool) -> str:
    due, target = days.day_of(row.due_at), days.target_of(row.received_at)
    told = (
        f"We have your request {row.number}: {row.get_kind_display()}.\n\nYou get an answer by {due:%d %B %Y} at the"
        f" latest, and we mean to be done by {target:%d %B %Y}."
    )
    if left_out:
        told += (
            "\n\nAn account under this address is protected by a second step, so only signing in opens it, and this"
            " request leaves it out. Sign in to see, take along or erase what is in it."
        )
    return told


def say(row: Request, by: Actor, text: str, row_id: str = "") -> None:
    """A message of ours to the person: on their page and by mail."""
    with using(PURPOSE, by=by, given=row, at=DESK), act():
        give_message(row, by, text, row_id)


def give_message(row: Request, by: Actor, text: str, row_id: str = "") -> None:
    """The part of `say` that an act of its own may hold; a second press of the button gives none."""
    if row_id and RequestMessage.objects.filter(pk=row_id).exists():
        return
    _say(row, by, text, row_id)
    Request.objects.filter(pk=row.pk, state=Request.State.PROVEN).update(state=Request.State.PROGRESS)


def write(row: Request, text: str, row_id: str) -> None:
    """A message of the person's.  The desk is told of the first that nobody there has read yet."""
    with using(PURPOSE, by=SYSTEM, given=row, at=DESK), act():
        if RequestMessage.objects.filter(pk=row_id).exists():
            return
        if waiting.is_first_word(row):
            reminding.tell_desk(row, "a message", "has a message for you, from the person who asks")
        message = RequestMessage(id=UUID(row_id), owner_id=row.owner_id, request=row, text=text)
        message.save(force_insert=True)


def _say(
    row: Request, by: Actor, text: str, row_id: str = "", *, link: str = "", is_outcome: bool = False
) -> None:
    message = RequestMessage(
        owner_id=row.owner_id,
        request=row,
        role=by.role,
        author_id=by.subject,
        text=text,
        is_outcome=is_outcome,
    )
    if row_id:
        message.id = UUID(row_id)
    mail = enqueue(row.owner_id, row.email, f"Your request {row.number}", f"{text}\n\n--\n{_way(row, link)}")
    message.mail_token = mail.pk
    message.save(force_insert=True)


def _way(row: Request, token: str) -> str:
    base = settings.TROTH_BASE_URLS["company"]
    if token:
        link = base + reverse("request-open", "troth.config.urls", args=[token])
        return f"Your private page of this request. Whoever has the link can open it, so keep it to yourself:\n{link}\n"
    page = base + reverse("request-page", "troth.config.urls", args=[row.number])
    return f"To write to us about it: {page}\nSign in there, or open your private link first.\n"


def answer(
    row: Request, by: Actor, text: str, outcome: str = "done", clause: str = "", row_id: str = ""
) -> None:
    """Give the outcome.  The request closes when it has reached the person.  Raises GateError for what is no answer."""
    if outcome not in CLOSED or not text.strip():
        raise GateError("an answer has an outcome, and words for the person")
    if outcome == Request.State.REFUSED and clause not in statement.current().clauses:
        raise GateError("a refusal names a clause of the statement")
    with using(PURPOSE, by=by, given=row, at=DESK), act():
        give_outcome(row, by, text, outcome, clause, row_id)


def give_outcome(
    row: Request, by: Actor, text: str, outcome: str = "done", clause: str = "", row_id: str = ""
) -> None:
    """The part of `answer` that an act of its own may hold; a second press of the button gives none."""
    still = Request.objects.filter(pk=row.pk).exclude(state__in=CLOSED)
    if RequestMessage.objects.filter(pk=row_id or None).exists() or not still.update(
        state=Request.State.CLOSING, outcome=outcome, refused_clause=clause
    ):
        return
    if clause:
        named = f"“{statement.title(clause)}” ({clause})"
        text += f"\n\nWe refuse this under the clause {named} of our privacy statement."
    _say(row, by, text, row_id, is_outcome=True)


def close_reached() -> int:
    """Close every request whose outcome has reached the person; returns how many."""
    return sum(_close(row) for row in Request.objects.filter(state=Request.State.CLOSING))


def _close(row: Request) -> bool:
    if not has_reached(row):
        return False
    now = timezone.now()
    with transaction.atomic():
        ours = Request.objects.filter(pk=row.pk, state=Request.State.CLOSING)
        if not ours.update(state=row.outcome, closed_at=now):
            return False
        count(row, row.outcome)
    return True


def has_reached(row: Request) -> bool:
    """Whether the last outcome left by mail, or was read on the page.

    Of a request that nobody proved, a message that cannot be delivered ends it too: there is nobody known to reach.
    """
    last = row.messages.filter(is_outcome=True).last()
    if last is None:
        return False
    mail = Message.objects.filter(pk=last.mail_token).first()
    if row.proven_at is None and mail is not None and mail.state == Message.State.FAILED:
        return True
    return last.read_at is not None or (mail is not None and mail.state in ARRIVED)


def lapse_unproven() -> int:
    """Answer requests that nobody proved for a month; returns how many."""
    old = Request.objects.filter(state=Request.State.RECEIVED, received_at__lte=timezone.now() - UNPROVEN_FOR)
    rows = list(old[:50])
    for row in rows:
        answer(row, SYSTEM, LAPSED, Request.State.LAPSED)
    return len(rows)
