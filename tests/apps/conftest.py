"""Browsers of the tests: TLS, the company host, one for a visitor and one for staff."""

import pytest
from django.test import Client

from tests.cast import staff


class Secure(Client):
    """A client whose every request is over TLS."""

    def generic(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        kwargs["secure"] = True
        return super().generic(*args, **kwargs)


@pytest.fixture
def victor() -> Client:
    """An anonymous visitor's browser."""
    return Secure(SERVER_NAME="localhost")


@pytest.fixture
def sign_in(settings):  # type: ignore[no-untyped-def]
    """Sign a member of staff in: `sign_in("sales")` gives their browser."""
    settings.TROTH_SECOND_FACTOR = False

    def signed(role: str = "sales") -> Client:
        client = Secure(SERVER_NAME="localhost")
        client.force_login(staff(role, f"{role}@iplum.example").user)
        return client

    return signed
