"""The sample's buttons that break a promise and mend it: only staff may press them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponseBase
from django.test import RequestFactory

from tests.cast import durable, staff, stores
from troth.accounts.people import sample as people
from troth.apps.office import sample
from troth.apps.records import sample as records
from troth.apps.records.models import Collection, Record
from troth.workspaces.models import Seat

Press = Callable[[Any, Any], HttpResponseBase]


@pytest.fixture(params=["break_it", "mend_it"])
def press(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> tuple[Press, list[str]]:
    """Press one button as somebody; what was done is noted instead."""
    done: list[str] = []
    for name in ("plant", "mend", "prove"):
        monkeypatch.setattr(sample, name, lambda name=name: done.append(name))
    settings.TROTH_SECOND_FACTOR = False  # as in the sample

    def one(user: Any, member: Any) -> HttpResponseBase:
        asked = RequestFactory().post("/office/", HTTP_HOST="localhost")
        asked.user, asked.staff = user, member  # type: ignore[attr-defined]
        return getattr(sample, request.param)(asked)  # type: ignore[no-any-return]

    return one, done


@stores
def test_a_visitor_and_a_customer_break_and_mend_nothing(press: tuple[Press, list[str]]) -> None:
    one, done = press
    assert one(AnonymousUser(), None).headers["Location"].startswith("/accounts/login/")
    assert one(staff().user, None).status_code == 403, "an account that is no member of staff"
    assert not done


@stores
def test_staff_do(press: tuple[Press, list[str]]) -> None:
    one, done = press
    dana = staff()
    assert one(dana.user, dana).status_code == 302
    assert done in (["plant", "prove"], ["mend", "prove"])


@durable
def test_the_samples_customers_keep_contacts_calls_and_appointments_made_once() -> None:
    people.fill()
    for _ in range(2):
        records.fill()
    alice, charlie = people.find("alice"), people.find("charlie")
    assert alice and charlie
    assert {seat.owner_id for seat in Seat.objects.all()} == {alice.owner_id, charlie.owner_id}
    assert Collection.every.count() == 3 and Record.every.count() == 20
    assert b"vogel" not in b"".join(bytes(row.sealed) for row in Record.every.all()).lower()
