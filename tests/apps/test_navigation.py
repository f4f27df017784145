"""Collecting: what a visit leaves, what it does not, how it is proved, and when it dies."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.apps.navigating import FIREFOX, IPHONE, ask, cookie_of, dropped, events, one, request, today, view
from tests.cast import durable
from tests.gate.conftest import Clock, Edit, edit_statement, set_clock
from tests.house.tree import ROOT
from troth.apps.navigation import cleaning, collecting, numbers
from troth.apps.navigation.browsers import browser_of
from troth.engine.ledger import Kind, fold, leaf_hash
from troth.gate.errors import SealedError
from troth.gate.journal.details import of_subjects
from troth.gate.journal.models import Entry, Share
from troth.gate.journal.writing import open_share
from troth.gate.keystore import keys
from troth.gate.subjects.retention import end_expired
from troth.visits import country
from troth.visits.models import AddressBook, Batch, Day, Event, What

__all__ = ["edit_statement", "set_clock"]

pytestmark = durable


def test_a_visit_leaves_what_the_statement_names() -> None:
    told = {
        "r": "https://news.example/story?who=alice",
        "q": "utm_source=letter&utm_medium=mail&token=abc",
        "t": 431,
    }
    reply = ask(view("/services/", told=told))[0]
    assert reply.status == 202 and not dropped(reply)
    (event,) = events()
    assert (event.path, event.referrer, event.campaign, event.load_ms) == (
        "/services/", "news.example/story", "letter / mail", 431,
    )  # fmt: skip
    assert (event.browser, event.system, event.language) == ("Firefox 140", "Linux, desktop", "en-GB")
    assert event.what == What.VIEW and event.alias is not None and not event.is_bot


def test_nothing_of_a_visit_but_the_alias_leads_to_the_browser() -> None:
    reply = ask(view("/"))[0]
    number = numbers.number_of(cookie_of(reply).partition("=")[2])
    assert number is not None
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            text = repr(
                [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor.fetchall()]
            )
            assert "192.0.2.7" not in text and number.hex() not in text and repr(number)[2:-1] not in text, (
                table
            )


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/contact/", "/contact/"), ("/enquiries/open/Zk3sVQ9xTTe0Pq7w/", "/enquiries/open/*/"),
        ("/people/alice@archer.example/", "/people/*/"), ("/people/alice%40archer.example", "/people/*"),
        ("/orders/20260514/", "/orders/*/"), ("/blog/2026/how-we-keep-it/", "/blog/2026/how-we-keep-it/"),
        ("/workspaces/01968c1e-7c3a-7d51-8b0a-6f4a0b1c2d3e/", "/workspaces/*/"), ("services?q=alice", "/services"),
        ("/refer/never/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567/", "/refer/never/*/"), ("", "/"),
        ("/a\r\nset-cookie: x", "/aset-cookie:x"), ("/" + "ab/" * 200, ("/" + "ab/" * 200)[:200]),
        ("/refer/never/aehr-ICpGh_eRhIkDVB_RsIjxhP-IkeZ6f2eC_nGko0/", "/refer/never/*/"),
        ("/blog/Getting-Started-With-Kilns-And-Glazes/", "/blog/Getting-Started-With-Kilns-And-Glazes/"),
    ],
    ids=["plain", "key", "mail", "encoded", "number", "slug", "uuid", "query", "hex", "none", "breaks", "long",
         "key with strokes", "capitals"],
)  # fmt: skip
def test_a_path_is_kept_without_names_numbers_and_keys(path: str, kept: str) -> None:
    assert cleaning.path_of(path) == kept


@pytest.mark.parametrize(
    ("agent", "browser", "system", "is_bot"),
    [
        (FIREFOX, "Firefox 140", "Linux, desktop", False), (IPHONE, "Safari 18", "iOS, phone", False),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "", "", True),
        ("curl/8.5.0", "", "", True), ("", "", "", True),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0"
         ".0.0 Safari/537.36 Edg/143.0.0.0", "Edge 143", "Windows, desktop", False),
    ],
    ids=["firefox", "safari", "googlebot", "curl", "none", "edge"],
)  # fmt: skip
def test_browsers_and_programs_are_told_apart(agent: str, browser: str, system: str, is_bot: bool) -> None:
    found = browser_of(agent)
    assert (found.browser, found.system, found.is_bot) == (browser, system, is_bot)


def test_programs_are_counted_apart_and_get_no_number() -> None:
    reply = ask(view("/", user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)"))[0]
    assert reply.status == 202 and not cookie_of(reply)
    (event,) = events()
    assert event.is_bot and event.alias is None


@pytest.mark.parametrize(
    "headers", [{"sec_gpc": "1"}, {"cookie": "__Host-counting=no"}], ids=["gpc", "choice"]
)
def test_who_asks_for_no_number_is_counted_without_one(headers: dict[str, str]) -> None:
    cookie = cookie_of(ask(view("/"))[0])
    headers["cookie"] = "; ".join(filter(None, [headers.get("cookie"), cookie]))
    reply = ask(view("/", **headers))[0]
    assert reply.status == 202 and not cookie_of(reply)
    assert [event.alias is None for event in events()] == [False, True]


def test_a_browser_keeps_its_number_and_has_another_after_thirty_days(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cookie = cookie_of(ask(view("/"))[0])
    assert not cookie_of(ask(view("/contact/", cookie=cookie))[0])
    first, second = events()
    assert first.alias == second.alias
    now = numbers.today()
    monkeypatch.setattr(numbers, "today", lambda: now + numbers.LASTS)
    renewed = cookie_of(ask(view("/", cookie=cookie))[0])
    assert renewed and renewed != cookie and events()[-1].alias != first.alias


@pytest.mark.parametrize("spoilt", ["x", "A" * 36, "é" * 36], ids=["short", "strange", "letters"])
def test_a_number_that_we_did_not_draw_is_none(spoilt: str, settings: pytest.FixtureRequest) -> None:
    assert numbers.number_of(spoilt) is None
    own = numbers.draw()
    assert numbers.number_of(own) is not None
    settings.SECRET_KEY = "of another install"  # type: ignore[attr-defined]
    numbers._key.cache_clear()
    assert numbers.number_of(own) is None
    numbers._key.cache_clear()


def test_one_entry_stands_for_a_batch_and_each_event_is_proved_by_it() -> None:
    ask(view("/"), view("/contact/"), view("/services/"))
    (entry,), (batch,), (day,) = Entry.objects.filter(kind=Kind.BATCH), Batch.objects.all(), Day.objects.all()
    assert (
        batch.entry == entry.id and entry.purpose == "operating-and-improving" and entry.recipient == "system"
    )
    assert set(entry.clauses.split()) == {"collect.navigation", "use.operate"}
    share = Share.objects.get(entry=entry.id)
    _, detail = open_share(
        keys.ciphers([share.subject])[share.subject], share.subject, entry.id, bytes(share.sealed)
    )
    said, hashes = json.loads(detail), bytes(batch.hashes)
    assert (said["events"], said["root"]) == (3, fold(hashes).hex()) and share.subject == day.owner_id.hex
    for event in events():
        row = [getattr(event, name) if name != "error" else None for name in collecting.NAMES]
        assert leaf_hash(collecting.spelled(row)) in [
            hashes[at : at + 32] for at in range(0, len(hashes), 32)
        ]
        event.path = "/another/"
        changed = [getattr(event, name) if name != "error" else None for name in collecting.NAMES]
        assert leaf_hash(collecting.spelled(changed)) not in hashes
    (named,) = of_subjects([share.subject], Entry.objects.filter(pk=entry.pk))
    assert named.collected["navigation.pages-viewed"] == "collect.navigation"


def test_the_country_of_an_address_is_kept_without_it_and_only_where_the_statement_says_so(
    edit_statement: Edit, victor: Client
) -> None:
    germany, usa, nowhere = "2003::1", "8.8.8.8", "192.0.2.7"
    cookie = cookie_of(ask(view("/"))[0])
    ask(
        *(
            view("/", address=each, cookie=cookie)
            for each in (germany, usa, nowhere, "", "no address", f"{usa}, {germany}")
        )
    )
    assert sorted(event.country for event in events()) == ["", "", "", "", "", "DE", "US"]
    assert germany not in repr(list(Event.objects.values())) and country.as_of() is not None
    victor.cookies["__Host-visitor"] = cookie.partition("=")[2]
    shown = victor.get("/you/").content.decode()
    assert (
        "In this trail: <strong>Germany, United States</strong>" in shown
        and str(country.as_of().year) in shown
    )
    assert [each["country"] for each in victor.get("/you/this-browser.json").json()["visits"]].count(
        "DE"
    ) == 1
    edit_statement(
        "collect navigation, navigation-cookie at browsing",
        "collect navigation.pages-viewed, navigation.viewed-at, navigation.ip-address at browsing",
    )
    ask(view("/services/", address=germany))
    assert events()[-1].country == ""


def test_a_script_error_is_sealed_and_says_nobody() -> None:
    message = (
        "TypeError: alice@archer.example is not a function at https://x.example/a.js?k=1 call +1 202 555 0101"
    )
    ask(request("/beacon/hits", [{"k": "e", "p": "/", "m": message}]))
    (event,) = events()
    with pytest.raises(SealedError):
        _ = event.error
    assert cleaning.error_of(message) == "TypeError: * is not a function at https://x.example/a.js call +*"
    page, script = "https://x.example/contact/open/Zk3sVQ9xTTe0Pq7w/:7", "/static/visits.8f2a1bc3d4e5.js:12"
    assert cleaning.error_of(f"x at {page} {script}") == f"x at https://x.example/contact/open/*/:7 {script}"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://203.0.113.7/router/", "*/router/"), ("https://a1b2c3d4e5f6.mail.example/", "*.mail.example/"),
        ("https://web24.news.example/a", "web24.news.example/a"),
    ],
    ids=["address", "key", "word"],
)  # fmt: skip
def test_a_host_is_kept_unless_it_is_an_internet_address_or_a_key(url: str, kept: str) -> None:
    assert (cleaning.link_of(url), cleaning.link_of(f"https://{kept}")) == (kept, kept)
    ask(view("/", told={"r": url}))
    assert [each.referrer for each in events()] == [kept]


def test_addresses_lie_apart_sorted_and_without_times() -> None:
    collecting.keep_addresses(today(), {"192.0.2.7"})
    collecting.keep_addresses(today(), {"192.0.2.7", "192.0.2.1"})
    ask(view("/"))
    (book,), (day,) = AddressBook.objects.all(), Day.objects.all()
    assert book.owner_id != day.owner_id
    with collecting.using(collecting.PURPOSE, by=collecting.SYSTEM):
        assert book.addresses == "192.0.2.1\n192.0.2.7"


def test_addresses_go_after_seven_days_and_all_the_rest_after_ninety(set_clock: Clock) -> None:
    collecting.keep_addresses(today(), {"192.0.2.7"})
    ask(view("/"), view("/contact/"))
    day = Day.objects.get().owner_id.hex
    late = timezone.now() - today()
    set_clock(timedelta(days=7, hours=1) - late)
    assert end_expired() == 1 and not AddressBook.objects.exists() and Event.objects.count() == 2
    set_clock(timedelta(days=90) - late - timedelta(minutes=1))
    assert end_expired() == 0
    set_clock(timedelta(days=90, minutes=1) - late)
    assert end_expired() == 1
    assert not (Day.objects.exists() or Event.objects.exists() or Batch.objects.exists() or keys.is_here(day))
    assert (
        Entry.objects.filter(kind=Kind.BATCH).count() == 1 and not Share.objects.filter(subject=day).exists()
    )


def test_what_the_statement_does_not_collect_is_left_out_and_named(edit_statement: Edit) -> None:
    edit_statement(
        "collect navigation, navigation-cookie at browsing",
        "collect navigation.pages-viewed, navigation.viewed-at at browsing",
    )
    reply = ask(view("/", told={"r": "https://news.example/", "t": 12}))[0]
    assert reply.status == 202 and dropped(reply) == "load_ms,referrer"
    (event,) = events()
    assert (event.path, event.referrer, event.browser, event.language, event.alias) == ("/", "", "", "", None)


def test_where_the_statement_collects_no_visits_none_is_taken(edit_statement: Edit) -> None:
    edit_statement(
        "collect navigation, navigation-cookie at browsing", "collect navigation.language at browsing"
    )
    assert one("/beacon/hits", [{"k": "v", "p": "/"}]).status == 403 and not events()


def test_a_day_ends_at_midnight_and_its_marks_with_it() -> None:
    cookie = numbers.draw()
    number = numbers.number_of(cookie)
    assert number is not None
    from tests.apps.navigating import Straight
    from troth.apps.navigation.hits import Asker, Hit

    told = [
        Hit(Asker(browser_of(FIREFOX), "en", "", number, moment), "localhost", What.VIEW, "/")
        for moment in (datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 5, 2, tzinfo=UTC))
    ]
    straight = Straight()
    straight.hits = told
    straight.write()
    first, second = Event.objects.order_by("at")
    assert Day.objects.count() == 2 and first.owner_id != second.owner_id and first.alias != second.alias


def test_events_and_batches_are_hashed_as_the_vectors_say() -> None:
    vectors = json.loads((ROOT / "spec" / "vectors" / "visit-batch.json").read_text(encoding="utf-8"))
    for event in vectors["events"]:
        row = json.loads(event["spelled"])
        if len(row) < len(collecting.NAMES):  # of no known country
            row.insert(collecting.COUNTRY, "")
        assert collecting.spelled(row).decode() == event["spelled"]
        assert leaf_hash(event["spelled"].encode()).hex() == event["hash"]
    hashes = [bytes.fromhex(event["hash"]) for event in vectors["events"]]
    assert all(fold(b"".join(hashes[: each["events"]])).hex() == each["root"] for each in vectors["batches"])
