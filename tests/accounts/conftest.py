"""Browsers of staff: TLS, an address and an agent of their own to look for afterwards."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from troth.accounts import security

ADDRESS = "dana.novak@iplum.example"
PASS_PHRASE = "horse battery staple correct"
AGENT, PLACE = "Agent-of-Dana/7.1", "203.0.113.77"


class Secure(Client):
    """A client whose every request is over TLS."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["secure"] = True
        return super().generic(*args, **kwargs)


def browser() -> Client:
    return Secure(SERVER_NAME="localhost", HTTP_USER_AGENT=AGENT, REMOTE_ADDR=PLACE)


@pytest.fixture(autouse=True)
def _no_attempts_so_far() -> None:
    """Rate limits count from nought in each test."""
    cache.clear()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait that hides who has an account is tested by itself."""
    monkeypatch.setattr(security, "SAME_FOR_ALL", 0.0)


@pytest.fixture
def dana_at() -> Client:
    """Dana's browser, before she has signed in."""
    return browser()


SignIn = Callable[..., Any]


def sign_in(client: Client, address: str = ADDRESS, password: str = PASS_PHRASE) -> Any:
    """Fill in the sign-in page."""
    return client.post("/accounts/login/", {"login": address, "password": password})


def code_of(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


ACTIVATE = "/accounts/2fa/totp/activate/"


def say_the_password_again(client: Client) -> None:
    """The library asks for it once more before anything about a second factor."""
    assert "/accounts/reauthenticate/" in client.get(ACTIVATE)["Location"]
    answer = client.post(f"/accounts/reauthenticate/?next={ACTIVATE}", {"password": PASS_PHRASE})
    assert answer["Location"] == ACTIVATE


def set_up_app(client: Client) -> str:
    """Set the authenticator app up through the pages; its secret."""
    say_the_password_again(client)
    page = client.get(ACTIVATE)
    assert page.status_code == 200
    secret = str(client.session["mfa.totp.secret"])
    assert secret in page.content.decode()
    assert client.post(ACTIVATE, {"code": code_of(secret)}).status_code == 302
    return secret
