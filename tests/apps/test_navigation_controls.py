"""The controls on visits say `kept` when all is well, and `broken` when the breach they are there for is planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.apps.navigating import ask, today, view
from tests.cast import durable
from tests.site.test_controls import entry, find
from troth.apps.navigation import collecting, controls, linking
from troth.gate.journal.models import Entry
from troth.gate.outbound import probe
from troth.gate.subjects.models import DataSubject, Kind
from troth.visits.models import AddressBook, Batch, Day, Event, LinkedBrowser

pytestmark = durable


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What our pages answer with, as it is seen from outside; the server itself is not up here."""
    sent = [("Set-Cookie", "__Host-csrf=x; Secure")]
    monkeypatch.setattr(controls.probe, "get", lambda *_, **__: probe.Answer(200, sent, ""))
    return sent


@pytest.fixture(autouse=True)
def visited() -> None:
    """Victor was here, and his address was noted."""
    ask(view("/services/", told={"r": "https://news.example/story"}), view("/contact/"))
    collecting.keep_addresses(today(), {"192.0.2.7"})


CLAUSES = ("collect.navigation", "navigation.anonymous", "use.operate")


def test_all_is_kept() -> None:
    assert {clause: find(clause).status for clause in CLAUSES} == dict.fromkeys(CLAUSES, "kept")


def test_visits_on_record_break_no_clause_on_uses() -> None:
    assert find("use.requested").status == "kept"


def _mail() -> None:
    Event.objects.filter(path="/contact/").update(done="alice@archer.example")


def _query() -> None:
    Event.objects.filter(path="/contact/").update(path="/contact/?who=alice")


def _rewritten() -> None:
    Event.objects.filter(path="/contact/").update(path="/prices/")


def _no_entry() -> None:
    Entry.objects.filter(id=Batch.objects.get().entry).delete()


def _late(model: Any, days: int) -> Callable[[], None]:
    return lambda: model.objects.update(began_at=today() - timedelta(days=days))


def _followed() -> None:
    day = Day.objects.get()
    with collecting.using(collecting.PURPOSE, by=collecting.SYSTEM, at=collecting.PLACE), collecting.act():
        other = collecting.day_of(today() - timedelta(days=1), has_secret=True)
    first = Event.objects.filter(owner=day.owner_id).first()
    assert first is not None
    Event.objects.filter(owner=day.owner_id).exclude(pk=first.pk).update(
        owner=other.owner_id, alias=first.alias
    )


def _identity() -> None:
    Event.objects.update(alias=b"alice")


def _no_act() -> None:
    row = linking.link(DataSubject.begin(Kind.PERSON).pk, bytes(16), "Firefox 140", "registration")
    assert find("navigation.anonymous").status == "kept"
    LinkedBrowser.objects.filter(pk=row.pk).update(entry="0" * 32)


def _by_support() -> None:
    entry(purpose="operating-and-improving", recipient="support", clauses="use.operate")


def _other_clause() -> None:
    entry(purpose="operating-and-improving", recipient="system", clauses="use.requested")


@pytest.mark.parametrize(
    ("clause", "plant"),
    [
        ("navigation.anonymous", _mail), ("collect.navigation", _query), ("collect.navigation", _rewritten),
        ("collect.navigation", _no_entry), ("navigation.anonymous", _late(AddressBook, 9)),
        ("navigation.anonymous", _late(Day, 92)), ("navigation.anonymous", _followed),
        ("navigation.anonymous", _identity), ("navigation.anonymous", _no_act),
        ("use.operate", _by_support), ("use.operate", _other_clause),
    ],
    ids=["mail", "query", "rewritten", "no entry", "address past its window", "day past its window", "followed",
         "identity", "link without an act", "sales", "other clause"],
)  # fmt: skip
def test_a_planted_breach_breaks_its_clause(clause: str, plant: Callable[[], None]) -> None:
    plant()
    assert find(clause).status == "broken"


def test_an_address_within_its_window_breaks_nothing() -> None:
    _late(AddressBook, 7)()
    assert find("navigation.anonymous").status == "kept"


def test_a_cookie_that_is_not_listed_breaks_the_clause_and_a_server_that_is_down_proves_nothing(
    pages: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.append(("set-cookie", "tracker=7; Path=/"))
    found = find("collect.navigation")
    assert found.status == "broken" and "tracker" in found.evidence

    def down(*_: Any, **__: Any) -> None:
        raise probe.Unreachable("down")

    monkeypatch.setattr(controls.probe, "get", down)
    assert find("collect.navigation").status == "unproven"
