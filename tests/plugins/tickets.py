"""Django's test client holds what a browser holds: a ticket and a device, and never a session's key."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.test.client import ClientMixin

from troth.gate.keystore.boxes import open_text

DEVICE = "__Host-device"


def key_behind(ticket: str) -> str | None:
    """The key of the session that a ticket leads to, as only the machine itself can find it."""
    from troth.accounts import tickets
    from troth.accounts.models import Family

    shown = tickets.read(ticket)
    family = Family.objects.filter(pk=shown.family, left_at=None).first() if shown else None
    return open_text(settings.TROTH_KEYS, "families", family.key) if family else None


def hold(client: ClientMixin, session: SessionBase) -> None:
    """Give a client the cookies of a session that began elsewhere."""
    from troth.accounts import families, tickets

    device = tickets.new_device()
    kinds = {name: kind for kind, name in settings.TROTH_HOSTS.items()}
    host = kinds.get(client.defaults.get("SERVER_NAME", ""), tickets.COMPANY)  # type: ignore[attr-defined]
    client.cookies[settings.SESSION_COOKIE_NAME] = str(families.begin(str(session.session_key), device, host))
    client.cookies[DEVICE] = device


def _session(client: ClientMixin) -> SessionBase:
    from troth.accounts.sessions import SessionStore

    ticket = client.cookies.get(settings.SESSION_COOKIE_NAME)
    if ticket and ticket.value:
        return SessionStore(key_behind(ticket.value))
    session = SessionStore()
    session.save()
    hold(client, session)
    return session


def _set_login_cookies(client: ClientMixin, request: HttpRequest) -> None:
    hold(client, request.session)


Mixin: Any = ClientMixin
Mixin.session, Mixin._set_login_cookies = property(_session), _set_login_cookies
