"""Sessions that are bound to a device: who may bind one, what is asked of the device, and for how long that holds.

A browser that can is offered to bind its session to a key that never leaves the device.  From then on the session's
cookies let in only beside a third one, which lasts ten minutes and is handed out for a proof (decision 0048).
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from troth.accounts.models import Binding, SignIn
from troth.gate.keystore.boxes import keyed

from . import proofs
from .proofs import Key, Wrong

COOKIE = "__Host-bound"
REGISTER, REFRESH = "/.troth/dbsc/register", "/.troth/dbsc/refresh"
LASTS, LATER = 600, 30
"""Seconds that a browser keeps a proof, and that it is good for after that: what was on its way is not turned away."""
ASKED_FOR = 120
"""Seconds in which a challenge can be answered."""
BINDING = 60
"""Seconds from a sign-in until the session has to be bound, where that is asked for: a key takes a device its time."""
BEFORE, UNDER_WAY = 60, 10
"""Seconds before and after the binding holds in which requests that had left before it come without the third cookie."""


class Stale(Exception):
    """A proof answers a challenge that is not open any more, as happens on slow lines: ask again."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound session as its requests see it."""

    id: UUID
    since: int | None


def of(session: Session) -> Bound | None:
    """What a session is bound to; no question to the store where it was read with its binding."""
    try:
        found: Binding = session.binding
    except Binding.DoesNotExist:
        return None
    return Bound(found.pk, found.since)


def is_bound(kept: str) -> bool:
    """Whether a session is bound, by what the tables hold of its key."""
    return Binding.objects.filter(session=kept).exclude(since=None).exists()


def may_be_bound(kept: str) -> bool:
    """Whether a session is bound, or so new that its browser may be about to bind it."""
    since = timezone.now() - timedelta(seconds=BINDING)
    return is_bound(kept) or SignIn.objects.filter(session=kept, at__gte=since).exists()


def offer(kept: str) -> str:
    """The header that offers a browser to bind this session; only within two minutes, and only this one."""
    algorithms = " ".join(proofs.ALGORITHMS)
    return f'({algorithms});path="{REGISTER}";challenge="{_offered(kept, int(time.time()))}"'


def _offered(kept: str, at: int) -> str:
    return f"{at}.{keyed(settings.TROTH_KEYS, 'offers', f'{kept}.{at}'.encode()).hex()}"


def bind(kept: str, shown: str) -> Binding:
    """Bind a session to the key of a proof.  Raises Wrong: also for a session that is bound, which stays as it is.

    A binding that its browser has not shown to have heard of gives way: the answer may have been lost.
    """
    key, challenge = proofs.registering(shown)
    at, now = challenge.partition(".")[0], int(time.time())
    if not (at.isascii() and at.isdigit() and len(at) < 12 and 0 <= now - int(at) <= ASKED_FOR):
        raise Wrong("what was signed was not offered just now")
    if not compare_digest(_offered(kept, int(at)).encode(), challenge.encode()):
        raise Wrong("what was signed was not offered to this session")
    try:
        with transaction.atomic():
            Binding.objects.filter(session=kept, since=None).delete()
            return Binding.objects.create(session_id=kept, algorithm=key.algorithm, public=key.der)
    except IntegrityError:
        # INVARIANT: one key a session, from when it holds until the session ends.
        raise Wrong("the session is bound, or has ended") from None


def ask(binding: Binding) -> str:
    """A new challenge.  The one before stays open: an answer to it may be under way; no others do."""
    challenge = secrets.token_urlsafe(32)
    # By what the table holds now, not by what was read: one that was answered since is not opened again.
    Binding.objects.filter(pk=binding.pk).update(
        asked=_hash(challenge), asked_at=int(time.time()),
        asked_before=F("asked"), asked_before_at=F("asked_at"),
    )  # fmt: skip
    return challenge


def prove(binding: Binding, shown: str) -> None:
    """Take the answer to an open challenge, once.  Raises Wrong, and Stale for one that is not open."""
    known = Key(binding.algorithm, bytes(binding.public))
    answered, now = _hash(proofs.answering(shown, known)), int(time.time())
    since, this = now - ASKED_FOR, Binding.objects.filter(pk=binding.pk)
    # INVARIANT: one conditional update each, so that of several who show the same answer one is served.
    newest = this.filter(asked=answered, asked_at__gte=since, asked_at__lte=now)
    before = this.filter(asked_before=answered, asked_before_at__gte=since, asked_before_at__lte=now)
    if not newest.update(asked=b"", asked_at=0) and not before.update(asked_before=b"", asked_before_at=0):
        raise Stale
    _holds_since(binding.pk, now)


def _holds_since(binding: UUID, at: int) -> None:
    Binding.objects.filter(pk=binding, since=None).update(since=at)


def _hash(challenge: str) -> bytes:
    return hashlib.sha256(b"troth-challenge-1" + challenge.encode()).digest()


def proven(binding: UUID) -> str:
    """What the third cookie holds, for ten minutes from now and a little."""
    return _proven(binding, int(time.time()) + LASTS + LATER)


def _proven(binding: UUID, until: int) -> str:
    return f"v1.{until}.{keyed(settings.TROTH_KEYS, 'bound', binding.bytes + until.to_bytes(8, 'big')).hex()}"


def is_shown(session: Session, cookie: str, at: int) -> bool:
    """Whether a request of a session that came at `at` may have it: it is not bound, or the device is there.

    One write, where a browser shows for the first time that it has heard of its binding: from then on it holds.
    """
    bound = of(session)
    if bound is None:
        return True
    if _is_good(bound, cookie, at):
        if bound.since is None:
            _holds_since(bound.id, at)
        return True
    return bound.since is None or -BEFORE <= at - bound.since <= UNDER_WAY


def _is_good(bound: Bound, cookie: str, at: int) -> bool:
    version, _, rest = cookie.partition(".")
    until = rest.partition(".")[0]
    if version != "v1" or not (until.isascii() and until.isdigit() and len(until) < 12):
        return False
    is_ours = compare_digest(_proven(bound.id, int(until)).encode(), cookie.encode())
    return is_ours and at < int(until) <= at + LASTS + LATER + BEFORE


def of_sessions(kept: list[str]) -> set[str]:
    """Those of several sessions that are bound."""
    holding = Binding.objects.filter(session__in=kept).exclude(since=None)
    return set(holding.values_list("session_id", flat=True))
