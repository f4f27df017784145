"""People with an account, for the tests of one's own pages."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.cast import ALICE, CHARLIE
from troth.accounts import addresses
from troth.accounts.models import User
from troth.accounts.people.models import Person
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using

BOB = {**ALICE, "name": "Bob Baker", "email": "bob@archer.example", "phone": "+12025550102"}
PASSWORD = "a potter's wheel turns twice"


def person(values: dict[str, str] = ALICE, password: str | None = PASSWORD) -> Person:
    """Somebody with an account, as registration leaves it."""
    subject = DataSubject.begin(Kind.PERSON)
    user = User.objects.create_user(subject, addresses.register(values["email"]), password)
    with using("running-an-account", by=SYSTEM, at="registration"):
        row = Person(
            owner=subject, user=user, notice_hash="0" * 64, proven_at=timezone.now(),
            **{name: value for name, value in values.items() if name != "message"},
        )  # fmt: skip
        row.save(force_insert=True)
    return row


def browser(who: Any, *, confirmed: bool = False) -> Client:
    """Their browser, signed in long ago; or, `confirmed`, with the password given a moment ago."""
    client = Secure(SERVER_NAME="localhost")
    client.force_login(who.user)
    if confirmed:
        request = HttpRequest()
        request.session = client.session
        record_authentication(request, who.user, "password")
        request.session.save()
    return client


def set_up_app(who: Person) -> None:
    """An authenticator app beside their password, as the page for it leaves it."""
    TOTP.activate(who.user, generate_totp_secret())


__all__ = ["ALICE", "BOB", "CHARLIE", "PASSWORD", "browser", "person", "set_up_app"]
