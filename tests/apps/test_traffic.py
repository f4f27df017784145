"""“Visits” in the office: counts that are right, that nobody stands in, and that are a use on record."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.apps.navigating import BROWSER, FIREFOX, HOST, IPHONE, ask, cookie_of, request, today, view
from tests.apps.privacy_people import browser, person
from tests.apps.test_navigation_controls import pages
from tests.cast import CHARLIE, acting, durable, staff
from tests.gate.conftest import Edit, edit_statement
from tests.site.test_controls import find
from troth.apps.navigation import collecting, numbers, trail
from troth.apps.navigation.beacons import Request
from troth.apps.navigation.browsers import Browser
from troth.apps.navigation.hits import Asker, Hit
from troth.apps.traffic import faults, live, looking
from troth.apps.traffic.looking import look
from troth.gate.journal.details import of_subjects
from troth.gate.journal.models import Entry
from troth.gate.uses import SYSTEM, Actor
from troth.visits import country
from troth.visits.counts import rollups, tally
from troth.visits.counts.models import Count, CountedDay
from troth.visits.counts.periods import Period
from troth.visits.counts.tally import Tally, visits
from troth.visits.models import Day, Event, What

__all__ = ["edit_statement", "pages"]

pytestmark = durable

PAGE = "/office/visits/"


def this_day() -> date:
    """Asked for anew by each test: a run may go past midnight."""
    return today().date()


def week() -> Period:
    return Period(this_day() - timedelta(days=6), this_day())


def visit(*paths: str, agent: str = FIREFOX, address: str = "192.0.2.7", **told: Any) -> str:
    """Somebody new views pages, one after the other; what their cookie holds."""
    cookie = ""
    for path in paths:
        cookie = (
            cookie_of(ask(view(path, cookie=cookie, user_agent=agent, address=address, told=told))[0])
            or cookie
        )
    return cookie.partition("=")[2]


def five(*paths: str, **more: Any) -> None:
    for _ in range(5):
        visit(*paths, **more)


def yesterday() -> None:
    """All that was done so far was done a day earlier."""
    Event.objects.update(at=today() - timedelta(hours=5))
    Day.objects.update(began_at=today() - timedelta(days=1))
    CountedDay.objects.all().delete()


@pytest.fixture
def dana() -> Actor:
    return acting(staff("sales"))


def lines(counted: looking.Counted, report: str) -> dict[str, int]:
    return {line.label: line.value for line in counted.reports[report][0]}


def test_visitors_views_and_what_they_viewed_are_counted(dana: Actor) -> None:
    five("/services/", "/contact/", t=300)
    visit("/services/")
    ask(view("/contact/", sec_gpc="1"))
    ask(request("/beacon/hits", [{"k": "v", "p": "/"}], user_agent="curl/8.5.0"))
    counted = look(week(), dana)
    assert counted.by_day[-1] == (this_day(), 6, 12) and len(counted.by_day) == 7
    assert (counted.now["visitors"], counted.now["visits"], counted.now["views"]) == (6, 6, 12)
    assert (counted.now["bounce"], counted.as_of is not None) == (17, True)
    assert lines(counted, "pages") == {"/services/": 6, "/contact/": 6}
    assert lines(counted, "entries") == {"/services/": 6} and lines(counted, "exits") == {"/contact/": 5}
    assert lines(counted, "browsers") == {"Firefox 140": 6} and lines(counted, "slow")["/contact/"] == 300


def test_countries_are_counted_by_name_and_the_page_says_how_old_the_list_is(
    dana: Actor, sign_in: Any
) -> None:
    five("/services/", address="2003::1")
    visit("/services/", address="8.8.8.8")
    five("/services/")
    assert lines(look(week(), dana), "countries") == {"Germany": 5}
    page = sign_in("sales").get(f"{PAGE}report/countries/").content.decode()
    made = country.as_of()
    assert "Germany" in page and "United States" not in page and made and f"{made:%b %Y}" in page


def test_a_period_stands_beside_the_one_before(dana: Actor) -> None:
    five("/services/")
    yesterday()
    visit("/services/")
    day = Period(this_day(), this_day())
    counted = look(day, dana)
    assert (counted.now["visitors"], counted.earlier["visitors"]) == (1, 5)
    assert lines(look(day.before(), dana), "pages") == {"/services/": 5}


def test_what_fewer_than_five_visitors_of_a_day_make_up_is_not_shown_by_name(
    dana: Actor, sign_in: Any
) -> None:
    five("/services/")
    for _ in range(4):
        visit("/kilns/", "/kilns/", agent=IPHONE)
    counted = look(week(), dana)
    assert lines(counted, "pages") == {"/services/": 5} and counted.reports["pages"][1] == 8
    assert lines(counted, "browsers") == {"Firefox 140": 5}
    assert "/kilns/" not in Count.objects.values_list("label", flat=True)
    yesterday()
    visit("/kilns/")  # five visitors now, on two days: they may be one who came again
    assert "/kilns/" not in lines(look(week(), dana), "pages")
    page = sign_in("sales").get(f"{PAGE}?by=pages&is=/kilns/").content.decode()
    assert "Too few to be shown" in page and "Pages viewed" not in page
    assert "/kilns/" not in sign_in("owner").get("/office/visits/pages.csv").content.decode()


def test_one_click_narrows_the_counts_to_a_line(dana: Actor, sign_in: Any) -> None:
    five("/services/", "/contact/")
    five("/contact/", agent=IPHONE)
    sales = sign_in("sales")
    assert "by=browsers&amp;is=Safari+18" in sales.get(PAGE).content.decode()
    alone = sales.get(PAGE, {"by": "browsers", "is": "Safari 18"}).content.decode()
    assert f'name="last" value="{this_day()}"' in alone
    narrowed = look(Period(week().first, week().last, "browsers", "Safari 18"), dana)
    assert narrowed.now["views"] == 5 and lines(narrowed, "pages") == {"/contact/": 5}
    whole = look(Period(week().first, week().last, "entries", "/services/"), dana)
    assert whole.now["views"] == 10 and lines(whole, "pages") == {"/services/": 5, "/contact/": 5}


def test_nobody_is_found_by_taking_a_line_away_from_the_whole(dana: Actor) -> None:
    def told(by: str, to: str, site: str = "") -> bool:
        return not look(Period(week().first, week().last, by, to, site), dana).is_too_few

    five("/services/", "/contact/")
    assert told("browsers", "Firefox 140") and told("pages", "/contact/")
    visit("/services/", agent=IPHONE)  # all but Firefox, and all without `/contact/`, would be one
    CountedDay.objects.all().delete()
    assert not told("browsers", "Firefox 140") and not told("pages", "/contact/")
    five("/services/", agent=FIREFOX.replace("140", "141"))
    visit("/services/", agent=FIREFOX.replace("140", "141"))
    CountedDay.objects.all().delete()
    assert told("pages", "/contact/")  # seven are left
    # Without the two versions of Firefox one would be left: the smaller one stays with it.
    assert not told("browsers", "Firefox 140") and told("browsers", "Firefox 141")
    visit("/agreement/", agent=FIREFOX.replace("140", "141"))
    Event.objects.filter(path="/agreement/").update(site=f"community.{HOST}")
    CountedDay.objects.all().delete()
    of_both = look(Period(week().first, week().last, "browsers", "Firefox 141"), dana)
    assert (of_both.now["visitors"], of_both.now["views"]) == (6, 6)  # each site decides for itself


def test_a_forgotten_trail_is_in_no_count(dana: Actor) -> None:
    five("/services/")
    cookie = visit("/services/", "/contact/")
    assert look(week(), dana).now["views"] == 7
    assert numbers.number_of(cookie) and trail.forget(cookie) == 2
    assert (look(week(), dana).now["views"], look(week(), dana).now["visitors"]) == (5, 5)


def test_each_look_is_a_use_on_record_under_its_clause(sign_in: Any) -> None:
    five("/services/")
    sales = sign_in("sales")
    assert sales.get(PAGE).status_code == 200
    used = Entry.objects.filter(purpose="operating-and-improving", recipient="sales")
    assert [each.clauses for each in used] == ["use.operate"]
    (named,) = of_subjects([Day.objects.get().owner_id.hex], used)
    assert (
        named.used["navigation.pages-viewed"] == "use.operate" and "navigation.ip-address" not in named.used
    )
    assert find("use.operate").status == "kept"


def test_dana_of_support_charlie_and_victor_see_no_counts(sign_in: Any, victor: Any) -> None:
    five("/services/")
    support, charlie = sign_in("support"), browser(person(CHARLIE))
    for path in (PAGE, "/office/visits/pages.csv"):
        assert support.get(path).status_code == charlie.get(path).status_code == 403
        answer = victor.get(path)
        assert answer.status_code == 302 and "login" in answer["Location"]


def test_a_report_as_csv_holds_no_formula(sign_in: Any) -> None:
    five("/services/", q="utm_source=%2Bcmd&utm_campaign=spring")
    answer = sign_in("sales").get("/office/visits/campaigns.csv")
    head, row = list(csv.reader(io.StringIO(answer.content.decode())))
    assert head[0] == "Campaign" and row[:3] == ["'+cmd /  / spring", "5", "5"]
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    assert sign_in("owner").get("/office/visits/secrets.csv").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["first=x", "first=2026-05-02&last=2026-05-01", "first=0001-01-01&last=9999-12-31", "by=owner&is=1",
     "by=pages&is=%00%27%22%3Cscript%3E", "last=0001-01-02", "is=" + "a" * 5000 + "&by=pages"],
    ids=["no date", "turned round", "all of time", "another column", "markup", "ancient", "long"],
)  # fmt: skip
def test_a_strange_question_is_answered_or_refused_and_repeats_nothing(sign_in: Any, query: str) -> None:
    five("/services/")
    answer = sign_in("sales").get(f"{PAGE}?{query}")
    assert answer.status_code in (200, 422) and b"<script>" not in answer.content


def test_what_the_statement_does_not_let_be_counted_is_not(dana: Actor, edit_statement: Edit) -> None:
    five("/services/")
    edit_statement(
        "allow use of web-site-navigational-information for operating-and-improving by company",
        "allow use of web-site-navigational-information for operating-and-improving by system",
    )
    counted = look(week(), dana)
    assert not counted.by_day and not counted.reports


def test_a_small_time_before_is_not_told_of_a_line(dana: Actor) -> None:
    visit("/kilns/")
    five("/services/")
    yesterday()
    five("/kilns/")
    narrowed = look(Period(this_day(), this_day(), "pages", "/kilns/"), dana)
    assert narrowed.now["visitors"] == 5 and narrowed.earlier == {}
    longer = look(Period(this_day() - timedelta(days=1), this_day(), "pages", "/kilns/"), dana)
    assert [each[1] for each in longer.by_day] == [0, 5]


def test_where_the_time_before_is_partly_deleted_nothing_is_compared(dana: Actor) -> None:
    five("/services/")
    assert look(Period(this_day() - timedelta(days=59), this_day()), dana).earlier == {}
    narrowed = Period(this_day() - timedelta(days=59), this_day(), "pages", "/services/")
    assert look(narrowed, dana).now["views"] == 5 and look(narrowed, dana).earlier == {}


def test_lines_without_a_name_are_no_days_that_were_left_out(sign_in: Any) -> None:
    five("/services/")
    visit("/seldom/")
    page = sign_in("sales").get(f"{PAGE}report/pages/").content.decode()
    assert "1 more from fewer than 5 visitors a day" in page and "The oldest" not in page


def test_a_narrowed_look_reads_the_newest_days_for_so_long_and_says_which_it_left_out(
    dana: Actor, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    five("/services/")
    yesterday()
    five("/services/")
    monkeypatch.setattr(looking, "AT_ONCE", 0.0)
    counted = look(Period(this_day(), this_day(), "pages", "/services/"), dana)
    assert (counted.now["visitors"], counted.earlier, counted.unread_days) == (5, {}, 1)
    page = sign_in("sales").get(f"{PAGE}?by=pages&is=/services/").content.decode()
    assert "The oldest 1 day of these" in page and "Please choose fewer days" in page


def test_a_pause_of_half_an_hour_begins_another_visit() -> None:
    at = today()
    views = [
        {"what": What.VIEW, "at": at + timedelta(minutes=minute), "path": path, "load_ms": None, "referrer": "",
         "campaign": "", "browser": "", "system": "Linux, desktop", "language": "", "country": ""}
        for minute, path in ((0, "/"), (30, "/services/"), (61, "/"), (300, "/contact/"))
    ]  # fmt: skip
    found = Tally()
    found.add_visitor("localhost", views)
    assert [len(visit) for visit in visits(views)] == [2, 1, 1]
    assert found.found["localhost", "all", ""] == [4, 1, 3, 2, 0]
    assert found.found["localhost", "entries", "/"][:2] == [2, 1]
    assert found.found["localhost", "devices", "desktop"] == [3, 1, 3, 2, 0]


def test_a_day_is_counted_once_and_anew_when_it_changes(dana: Actor) -> None:
    five("/services/")
    cookie = visit("/services/", "/contact/")
    yesterday()
    assert look(week(), dana).now["views"] == 7
    Count.objects.filter(report="all").update(times=99)
    assert look(week(), dana).now["views"] == 99 and rollups.count_due() == 0
    assert trail.forget(cookie) == 2
    assert (look(week(), dana).now["views"], look(week(), dana).now["visitors"]) == (5, 5)
    Event.objects.all().delete()  # as the day's end takes them away: counts stay, for nobody is in them
    Day.objects.all().delete()
    assert look(week(), dana).now["views"] == 5
    CountedDay.objects.update(day=this_day() - timedelta(days=rollups.KEPT + 1))
    Count.objects.update(day=this_day() - timedelta(days=rollups.KEPT + 1))
    rollups.count_due()
    assert not Count.objects.exists() and not CountedDay.objects.exists()


def test_who_floods_a_day_with_hits_and_made_up_pages_does_not_fill_the_memory(
    dana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "MOST_OF_ONE", 3)
    monkeypatch.setattr(tally, "MOST_LINES", 12)
    five("/services/")
    visit(*["/kilns/"] * 7)
    assert look(week(), dana).now["views"] == 5 + 3
    ask(*[view(f"/{letter}/", sec_gpc="1") for letter in "abcdefghijklmno"])
    CountedDay.objects.all().delete()
    counted = look(week(), dana)
    assert (counted.now["views"], counted.now["visitors"]) == (5 + 3 + 15, 6)
    assert counted.reports["pages"][1] + sum(lines(counted, "pages").values()) == 5 + 3 + 15
    held = tally.Tally()
    for number in range(40):
        held.add_alone(HOST, {"what": What.VIEW, "path": f"/{number}/", "load_ms": None})
    assert len(held.found) == 12 + 1 and held.found[HOST, "all", ""][0] == 40


def test_a_hit_that_comes_after_its_day_is_counted(dana: Actor) -> None:
    five("/services/")
    yesterday()
    assert look(week(), dana).now["views"] == 5
    late = today() - timedelta(hours=1)
    collecting.record(
        [Hit(Asker(Browser("", ""), "", "", None, late), HOST, What.VIEW, "/services/") for _ in range(2)]
    )
    assert look(week(), dana).now["views"] == 7


def test_a_report_has_a_page_of_its_own_and_a_site_can_be_chosen(sign_in: Any) -> None:
    five("/services/", "/contact/")
    sales = sign_in("sales")
    page = sales.get("/office/visits/report/pages/").content.decode()
    assert "/services/" in page and "Read, each" in page
    assert sales.get("/office/visits/report/secrets/").status_code == 404
    other = sales.get(f"{PAGE}?site=community.localhost").content.decode()
    assert "/services/" not in other
    assert sales.get(f"{PAGE}?site=elsewhere.example").status_code == 422


def test_what_is_done_now_is_shown_by_the_minute_under_the_same_rule(sign_in: Any, dana: Actor) -> None:
    five("/services/")
    for _ in range(4):
        visit("/kilns/")
    ask(view("/contact/", sec_gpc="1"))
    visit("/prices/")
    Event.objects.filter(path="/prices/").update(at=datetime.now(UTC) - timedelta(minutes=31))
    now = live.look(dana)
    assert (now.visitors, now.here, sum(now.minutes), len(now.minutes)) == (9, 9, 10, 30)
    assert now.lines["pages"] == [("/services/", 5)] and now.lines["devices"] == [("desktop", 9)]
    sales = sign_in("sales")
    once, again = sales.get(f"{PAGE}now/"), sales.get(f"{PAGE}now/?every=30")
    assert "/kilns/" not in once.content.decode() and "Refresh" not in once and again["Refresh"] == "30"
    assert sign_in("support").get(f"{PAGE}now/").status_code == 403


def test_a_page_that_is_not_found_tells_of_the_link_that_led_there(sign_in: Any, victor: Any) -> None:
    page = victor.get("/kilns-of-old/", HTTP_USER_AGENT=FIREFOX)
    assert page.status_code == 404 and b'<body class="missing">' in page.content
    assert b"/beacon/view.gif?missing" in page.content
    for _ in range(5):
        told = [{"k": "m", "p": "/kilns-of-old/", "r": f"https://{HOST}/services/"}]
        ask(request("/beacon/hits", told))
    ask(request("/beacon/hits", [{"k": "m", "p": "/of-one/"}]))
    gif = Request("GET", "/beacon/view.gif", "missing", HOST, "192.0.2.7",
                  {**BROWSER, "referer": f"https://{HOST}/of-two/"}, b"")  # fmt: skip
    ask(gif)
    shown = sign_in("sales").get(f"{PAGE}faults/").content.decode()
    assert f"{HOST}/services/ → /kilns-of-old/" in shown and "/of-one/" not in shown
    counted = look(week(), SYSTEM)
    assert lines(counted, "missing") == {"/kilns-of-old/": 5} and counted.reports["missing"][1] == 2
    assert counted.now["views"] == 0


def test_a_message_is_shown_when_five_visitors_of_a_day_had_it(dana: Actor, sign_in: Any) -> None:
    for _ in range(5):
        told = [
            {"k": "v", "p": "/prices/"},
            {"k": "e", "p": "/prices/", "m": "TypeError: prices is undefined"},
        ]
        ask(request("/beacon/hits", told))
    ask(request("/beacon/hits", [{"k": "e", "p": "/prices/", "m": "Dana Novak is not a function"}] * 6))
    found = faults.look(week(), dana)
    assert [(each.message, each.times, each.visitors) for each in found.shown] == [
        ("TypeError: prices is undefined", 5, 5)
    ]
    assert found.left_out == 6
    page = sign_in("owner").get(f"{PAGE}faults/").content.decode()
    assert "prices is undefined" in page and "Novak is not" not in page
    used = Entry.objects.filter(purpose="operating-and-improving", recipient="owner")
    named = of_subjects([Day.objects.get().owner_id.hex], used)
    assert any("navigation.page-error" in each.used for each in named)
    assert sign_in("support").get(f"{PAGE}faults/").status_code == 403
