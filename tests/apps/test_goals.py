"""Goals and funnels: what staff define is counted by visitors of one day, from before it was defined."""

from __future__ import annotations

from typing import Any

import pytest

from tests.apps.privacy_people import browser, person
from tests.apps.test_traffic import five, this_day, visit, week, yesterday
from tests.cast import CHARLIE, durable
from troth.apps.goals import flows
from troth.apps.goals.models import Funnel, Goal
from troth.apps.goals.reaching import how_far
from troth.gate.journal.models import Entry
from troth.gate.uses import SYSTEM
from troth.visits.counts.models import Count
from troth.visits.counts.periods import Period

pytestmark = durable

PAGE = "/office/visits/goals/"


def reached(period: Period | None = None) -> dict[str, int]:
    goals, _, _ = flows.look(period or week(), SYSTEM)
    return {each.goal.name: each.visitors for each in goals}


def walked() -> list[tuple[int, int]]:
    _, (funnel,), _ = flows.look(week(), SYSTEM)
    return [(visitors, percent) for _, visitors, percent in funnel.steps]


@pytest.mark.parametrize(
    ("reached", "steps", "far"),
    [([1, 2, 3], [1, 2, 3], 3), ([2, 1, 3], [1, 2, 3], 1), ([1, 9, 9, 2], [1, 2, 3], 2), ([], [1], 0),
     ([1, 1], [1, 1], 2)],
    ids=["in order", "out of order", "others between", "nothing", "the same twice"],
)  # fmt: skip
def test_a_funnel_is_walked_in_its_order(reached: list[int], steps: list[int], far: int) -> None:
    assert how_far(reached, steps) == far


def test_staff_define_goals_and_a_funnel_and_see_where_visitors_were_lost(sign_in: Any) -> None:
    five("/services/one/", "/contact/")
    five("/services/two/")
    for _ in range(4):
        visit("/prices/")
    visit("/contact/", "/services/one/")
    sales = sign_in("sales")
    for name, what in (
        ("Services read", "/services/*"),
        ("Contact seen", "/contact/"),
        ("Prices", "/prices/"),
    ):
        assert sales.post(f"{PAGE}add/", {"name": name, "kind": "page", "what": what}).status_code == 302
    assert reached() == {"Services read": 11, "Contact seen": 6, "Prices": 0}  # of four nothing is told
    first, second = Goal.objects.get(name="Services read").pk, Goal.objects.get(name="Contact seen").pk
    told = {"name": "To the form", "step_1": first, "step_2": second}
    assert sales.post("/office/visits/funnels/add/", told).status_code == 302
    assert walked() == [(11, 100), (5, 45)]
    page = sales.get(PAGE).content.decode()
    assert "To the form" in page and "55 %" in page and "Services read" in page
    sales.post(f"{PAGE}{first}/remove/")
    assert Goal.objects.filter(pk=first).exists()  # the funnel needs it
    sales.post(f"/office/visits/funnels/{Funnel.objects.get().pk}/remove/")
    sales.post(f"{PAGE}{first}/remove/")
    assert not Goal.objects.filter(pk=first).exists() and not Funnel.objects.exists()
    assert (
        not Count.objects.filter(report__in=("goals", "funnels"))
        .exclude(label__in=("", str(second)))
        .exists()
    )
    assert Entry.objects.filter(purpose="operating-and-improving", recipient="sales").exists()


def test_a_goal_is_counted_from_before_it_was_defined_and_beside_the_time_before(sign_in: Any) -> None:
    five("/services/")
    yesterday()
    five("/services/")
    today = Period(this_day(), this_day())
    assert reached(today) == {}
    sign_in("owner").post(f"{PAGE}add/", {"name": "Read", "kind": "page", "what": "/services/"})
    assert reached(today.before()) == {"Read": 5}
    goals, _, _ = flows.look(today, SYSTEM)
    assert (goals[0].visitors, goals[0].earlier, goals[0].rate) == (5, 5, 100)


def test_what_is_wrong_is_said_and_nothing_is_kept(sign_in: Any, victor: Any) -> None:
    sales = sign_in("sales")
    for told in (
        {}, {"name": "x", "kind": "page", "what": "contact"}, {"name": "x", "kind": "theft", "what": "/"},
        {"name": "x" * 61, "kind": "page", "what": "/"}, {"name": "x", "kind": "page", "what": "/\0"},
    ):  # fmt: skip
        assert sales.post(f"{PAGE}add/", told).status_code == 422
    for told in (
        {},
        {"name": "x", "step_1": "1", "step_2": "999"},
        {"name": "x", "step_1": "a", "step_2": ""},
    ):
        assert sales.post("/office/visits/funnels/add/", told).status_code == 422
    assert sales.post(f"{PAGE}999/remove/").status_code == 302
    assert not Goal.objects.exists() and not Funnel.objects.exists()
    support, charlie = sign_in("support"), browser(person(CHARLIE))
    for path in ("add/", "1/remove/"):
        assert support.post(f"{PAGE}{path}").status_code == charlie.post(f"{PAGE}{path}").status_code == 403
    assert support.get(PAGE).status_code == 403 and victor.get(PAGE).status_code == 302
