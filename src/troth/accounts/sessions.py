"""Django's database sessions, sealed: neither a secret in a session nor its key is readable on disk.

The browser holds a ticket (`tickets.py`), which leads to a key that never leaves; the table holds the key's hash.
Whoever reads the tables can take over no session.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core.signing import JSONSerializer
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from troth.gate.keystore.boxes import open_text, seal_text

from .levels import held
from .levels.law import Values
from .models import Binding, Family, SignIn

BEGAN, SEEN = "session.began", "session.seen"
TOUCH = 300
"""Seconds between two notes of "still there": a page costs no write of its own."""


def kept_as(key: str) -> str:
    """What the tables hold of a session's key."""
    return hashlib.sha256(b"troth-session-1" + key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """SESSION_ENGINE of the house; `row` is the session where it was read already."""

    def __init__(self, session_key: str | None = None, row: Session | None = None) -> None:
        super().__init__(session_key)
        self._row = row
        self.is_gone = False

    def encode(self, session_dict: dict[str, Any]) -> str:
        return seal_text(
            settings.TROTH_KEYS, "sessions", JSONSerializer().dumps(session_dict).decode("latin-1")
        )

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        text = session_data if isinstance(session_data, str) else session_data.decode("ascii")
        try:
            data: dict[str, Any] = JSONSerializer().loads(
                open_text(settings.TROTH_KEYS, "sessions", text).encode("latin-1")
            )
        except Exception:  # noqa: BLE001 - a blob that does not open is no session, whatever is wrong with it
            return {}
        return data

    def _get_session_from_db(self) -> Session | None:
        here, found, self._row = kept_as(str(self.session_key)), self._row, None
        if found is None or found.session_key != here:
            found = Session.objects.filter(session_key=here, expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = kept_as(row.session_key)
        return row

    def save(self, must_create: bool = False) -> None:
        """Keep what is in the session; one that ended while a request was under way stays ended."""
        try:
            super().save(must_create)
        except UpdateError:
            self.is_gone = True

    def exists(self, session_key: str) -> bool:
        return super().exists(kept_as(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """A session that goes has ended its sign-in."""
        key = session_key or self.session_key
        if key is not None:
            end([kept_as(key)])

    def cycle_key(self) -> None:
        """The session goes on under a new key, and its sign-in with it; its tickets so far let nobody in any more."""
        before, data = self.session_key, dict(self.items())
        self.create()
        self._session_cache = data
        if before is not None:
            old, new = kept_as(before), kept_as(str(self.session_key))
            Family.objects.filter(session=old, left_at=None).update(left_at=int(time.time()))
            Family.objects.filter(session=old).update(session=new)
            Binding.objects.filter(session=old).update(session=new)
            Session.objects.filter(session_key=old).delete()
            SignIn.objects.filter(session=old).update(session=new)


def end(kept: list[str]) -> int:
    """End sessions by what the tables hold of their keys, and those they led to: nobody's at the next request.

    Returns how many there were.
    """
    led_to = SignIn.objects.filter(came_from__session__in=kept, ended_at=None).values_list(
        "session", flat=True
    )
    kept = [*kept, *led_to]
    _, gone = Session.objects.filter(session_key__in=kept).delete()
    SignIn.objects.filter(session__in=kept, ended_at=None).update(ended_at=timezone.now())
    return gone.get(Session._meta.label, 0)


def begin_clock(session: Any) -> None:
    """Someone signed in: from here on the session's hours count."""
    session[BEGAN] = session[SEEN] = int(time.time())


class SessionLimits:
    """Signs out whoever was away too long, or has been signed in too long; also when the clock was set back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A visitor without a cookie has no session to look at.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            _look_at(request)
        return self._get_response(request)


def _look_at(request: HttpRequest) -> None:
    session, now = request.session, int(time.time())
    lived, away = now - session.get(BEGAN, 0), now - session.get(SEEN, 0)
    # Nobody can choose less than this: until then nobody needs to ask what was chosen.
    is_early = lived < held.LEAST["longest"] * 3600 and -TOUCH <= away < held.LEAST["idle"] * 60
    if not is_early and is_over(held.here(request), lived, away):
        logout(request)
    elif away >= TOUCH:
        session[SEEN] = now
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        SignIn.objects.filter(session=kept_as(str(session.session_key)), seen_at__lt=hour).update(
            seen_at=hour
        )


def is_over(values: Values, lived: int, away: int) -> bool:
    """Whether a session has lived too long, or was left alone too long (seconds), for what holds for its owner."""
    return lived > values["longest"] * 3600 or not -TOUCH <= away <= values["idle"] * 60
