"""Django's database sessions, sealed: neither a secret in a session nor the mark of a session is readable on disk.

The browser holds a random key; the table holds its hash.  Whoever reads the table can take over no session.
"""

import hashlib
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.core.signing import JSONSerializer
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from troth.gate.keystore.boxes import open_text, seal_text

from .models import SignIn

BEGAN, SEEN = "session.began", "session.seen"
TOUCH = 300
"""Seconds between two notes of "still there": a page costs no write of its own."""


def kept_as(key: str) -> str:
    """What the tables hold of a session's key, which is the bearer's secret."""
    return hashlib.sha256(b"troth-session-1" + key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """SESSION_ENGINE of the house."""

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
        found = Session.objects.filter(
            session_key=kept_as(str(self.session_key)), expire_date__gt=timezone.now()
        ).first()
        if found is None:
            self._session_key = None
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = kept_as(row.session_key)
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(kept_as(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """A session that goes has ended its sign-in."""
        key = session_key or self.session_key
        if key is not None:
            end([kept_as(key)])

    def cycle_key(self) -> None:
        """The session goes on under a new key, and its sign-in with it."""
        before, data = self.session_key, dict(self.items())
        self.create()
        self._session_cache = data
        if before is not None:
            Session.objects.filter(session_key=kept_as(before)).delete()
            SignIn.objects.filter(session=kept_as(before)).update(session=kept_as(str(self.session_key)))


def end(kept: list[str]) -> None:
    """End sessions by what the tables hold of their keys, and those they led to: nobody's at the next request."""
    led_to = SignIn.objects.filter(came_from__session__in=kept, ended_at=None).values_list(
        "session", flat=True
    )
    kept = [*kept, *led_to]
    Session.objects.filter(session_key__in=kept).delete()
    SignIn.objects.filter(session__in=kept, ended_at=None).update(ended_at=timezone.now())


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
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    if now - began > settings.SESSION_COOKIE_AGE or not -TOUCH <= now - seen <= settings.TROTH_SESSION_IDLE:
        logout(request)
    elif now - seen >= TOUCH:
        session[SEEN] = now
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        SignIn.objects.filter(session=kept_as(str(session.session_key)), seen_at__lt=hour).update(
            seen_at=hour
        )
