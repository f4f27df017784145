"""Requests of the cast, for the tests of the request desk."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from troth.apps.rights import days
from troth.apps.rights.fulfilling import carry_on
from troth.apps.rights.models import Request
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.uses import Actor, using

FORM = "/privacy/request/"
ALICES = "alice@archer.example"


def submission(client: Client, path: str) -> str:
    """The hidden field of the first form of a page."""
    found = re.search(r'name="submission" value="([^"]+)"', client.get(path).content.decode())
    assert found is not None, path
    return found[1]


def send(client: Client, kind: str = "access", email: str = ALICES, **more: str) -> Any:
    """Fill in the form as a browser does."""
    told = {"kind": kind, "email": email, "text": "Please tell me what you hold.", **more}
    return client.post(FORM, {"submission": submission(client, FORM), **told})


def asked(client: Client, kind: str = "access", email: str = ALICES, **more: str) -> Request:
    """A request sent by the form."""
    answer = send(client, kind, email, **more)
    assert answer.status_code == 302, answer.content.decode()
    return by_number(answer["Location"].split("/")[-2])


def by_number(number: str) -> Request:
    found: Request = Request.objects.get(number=number)
    return found


def again(row: Request) -> Request:
    """The row as it stands now."""
    return by_number(row.number)


def mails(row: Request) -> list[str]:
    """What was mailed about a request, subject and text, oldest first."""
    with using("supervising-mail", by=Actor("privacy-officer")):
        found = Message.objects.filter(owner=row.owner_id).order_by("queued_at", "pk")
        return [f"{each.subject}\n{each.body}" for each in found]


def code_in(text: str) -> str:
    found = re.search(r"\b\d{8}\b", text)
    assert found is not None
    return found[0]


def page_of(row: Request, more: str = "") -> str:
    return f"{FORM}{row.number}/{more}"


def prove(client: Client, row: Request, code: str = "") -> Any:
    """Type the code of the mail."""
    return client.post(page_of(row, "code/"), {"code": code or code_in(mails(row)[-1])})


def proven(client: Client, kind: str = "access", **more: str) -> Request:
    """A request whose code was typed."""
    row = asked(client, kind, **more)
    assert prove(client, row)["Location"] == page_of(row)
    return again(row)


def carried_out() -> None:
    """Mail leaves, and the job goes on with what waits for it."""
    deliver_due()
    carry_on()


def ago(by: int) -> datetime:
    """This time of day, so many days of the company's calendar ago: one on which the clocks change has 23 or 25 hours."""
    return (timezone.now().astimezone(days.zone()) - timedelta(days=by)).astimezone(UTC)


def back_dated(row: Request, by: int) -> None:
    """Somebody asked so many days ago."""
    received = ago(by)
    Request.objects.filter(pk=row.pk).update(received_at=received, due_at=days.due_after(received))


def clock_to(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """The house's clock jumps."""
    wall = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: (wall().astimezone(days.zone()) + by).astimezone(UTC))
