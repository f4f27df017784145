"""Mailed codes: `send` one, `redeem` it once.

INVARIANT: a try is counted, durably, before the digits are compared; whatever fails is refused in the same words.
"""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from ..errors import GateError
from ..ids import uuid7
from ..keystore.keys import keeper
from ..outbound.mail import enqueue
from ..subjects.index import candidates
from ..subjects.models import DataSubject
from .models import KEPT, LIVES, MOST_SENT, MOST_TRIES, MailedCode

__all__ = ["CodeRefused", "forget_old", "redeem", "runs_out", "send"]

REASON = (
    "This code does not work. A code works once, for ten minutes and for what it was asked for, and no more after"
    " six wrong tries. Please ask for a new one."
)
_BLANKS = re.compile(r"[\s-]")
_HOUR = timedelta(hours=1)


class CodeRefused(GateError):
    """A code that does not count; `reason` is for people, and the same whatever was wrong."""

    def __init__(self) -> None:
        super().__init__("a mailed code was refused")
        self.reason = REASON


def send(act: str, owner: UUID, address: str, about: str = "", words: str = "") -> UUID:
    """Mail eight digits for an act, and end the ones sent for it before.  Inside an act; the id is for `redeem`.

    `words` finish "Your code ...".  Beyond five in an hour nothing is mailed, and the answer looks the same.
    """
    now, mark = timezone.now(), _mark(address)
    # Of two who ask at once the second waits here, and ends the first one's code.
    list(DataSubject.objects.select_for_update().filter(pk=owner))
    last_hour = MailedCode.objects.filter(made_at__gt=now - _HOUR, made_at__lte=now)
    sent = last_hour.filter(Q(owner=owner) | Q(address_hash=mark, act=act))
    earlier = MailedCode.objects.filter(owner=owner, act=act, used_at=None, expires_at__gt=now)
    if sent.count() >= MOST_SENT:
        standing = _live().filter(owner=owner, act=act, about_token=about).order_by("-made_at").first()
        return standing.pk if standing else uuid7()
    earlier.update(expires_at=now)
    digits = f"{secrets.randbelow(10**8):08d}"
    code = MailedCode(
        owner_id=owner, act=act, about_token=about, address_hash=mark, made_at=now, expires_at=now + LIVES
    )
    code.code_hash = _hash(code.pk, act, about, digits)
    code.save(force_insert=True)
    text = _text(digits, words, code.expires_at)
    enqueue(owner, address, f"Your code {words}".strip(), text, until=code.expires_at)
    return code.pk


def redeem(code: UUID, act: str, typed: str, about: str = "") -> None:
    """Use a code up.  Raises CodeRefused.  Stands outside an act: a rollback would forget the try."""
    with transaction.atomic(durable=True):
        tried = _live().filter(pk=code, act=act, about_token=about, tries__lt=MOST_TRIES)
        is_counted = tried.update(tries=F("tries") + 1)
    if not is_counted:
        raise CodeRefused
    wanted = _hash(code, act, about, _BLANKS.sub("", typed))
    held = MailedCode.objects.filter(pk=code).first()
    if held is None or not hmac.compare_digest(bytes(held.code_hash), wanted):
        raise CodeRefused
    with transaction.atomic(durable=True):
        # Of two with the same right digits, one gets here first.
        if not MailedCode.objects.filter(pk=code, used_at=None).update(used_at=timezone.now()):
            raise CodeRefused


def runs_out(code: UUID | None) -> datetime | None:
    """Until when a code works; None for one that works no more, or never was."""
    held = _live().filter(pk=code, tries__lt=MOST_TRIES).first()
    return held.expires_at if held else None


def forget_old() -> int:
    """Delete codes that are a day old; returns how many."""
    gone, _ = MailedCode.objects.filter(made_at__lte=timezone.now() - KEPT).delete()
    return gone


def _live() -> Any:
    # A clock set back must not lengthen a code's life: one from the future does not count.
    now = timezone.now()
    return MailedCode.objects.filter(used_at=None, expires_at__gt=now, made_at__lte=now)


def _hash(code: UUID, act: str, about: str, digits: str) -> bytes:
    bound = "\0".join(("troth-code-1", code.hex, act, about, digits))
    return hmac.digest(keeper().named_key("links"), bound.encode(errors="surrogatepass"), "sha256")


def _mark(address: str) -> bytes:
    """The keyed hash of an address; the same for every spelling of it."""
    return next(iter(candidates("codes.address", "email", address)), b"")


def _text(digits: str, words: str, until: datetime) -> str:
    return (
        f"Your code {words}".strip() + f":\n\n    {digits}\n\n"
        f"It works once, until {until:%H:%M} UTC (ten minutes from when it was asked for).\n\n"
        "Type it on the page that asks for it, and tell it to nobody: we never ask for it by phone or by mail.\n"
        "If you did not ask for it, you need not do anything. Without the code nothing happens.\n"
    )
