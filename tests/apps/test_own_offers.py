"""Offers of our own: shown by rules and with a reason, answered by a form, taken back, and nobody else's business."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.accounts.registering import mails
from tests.apps.buying_house import paid, set_up
from tests.apps.conftest import Secure
from tests.apps.navigating import ask, cookie_of, view
from tests.apps.privacy_people import browser, person
from tests.apps.test_navigation_linking import NAME
from tests.apps.test_offers import SignIn
from tests.apps.test_personal import connected
from tests.cast import ALICE, CHARLIE, durable
from troth.accounts.people.models import Person
from troth.apps.navigation import numbers
from troth.apps.ownoffers import flows
from troth.apps.ownoffers.models import OwnOffer, Response
from troth.engine.ledger import Kind
from troth.gate.errors import Refused, SealedError
from troth.gate.journal.details import of_subjects
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM, disclose, faults
from troth.visits.models import LinkedBrowser

pytestmark = durable

TITLE, TEXT = "An hour with one of us", "We show you around."
DESK = "/office/our-offers/"
AS_ALICE = {"name": ALICE["name"], "email": ALICE["email"]}
SCRIPT = "<script>alert(1)</script>"


def up(shown_to: str = "", **more: Any) -> OwnOffer:
    now = timezone.now()
    told = {"title": TITLE, "text": TEXT, "begins_at": now, "ends_at": now + timedelta(days=9), **more}
    return flows.offer(shown_to=shown_to, **told)


def walked(client: Client, *paths: str) -> None:
    """A browser views some pages, as its script tells it."""
    cookie = ""
    for path in paths:
        cookie = cookie_of(ask(view(path, cookie=cookie))[0]) or cookie
    client.cookies[numbers.COOKIE] = cookie.partition("=")[2]


def front(client: Client, **headers: str) -> str:
    return client.get("/", headers=headers).content.decode()


def hidden(client: Client, offer: OwnOffer) -> dict[str, str]:
    page = client.get(f"/our-offers/{offer.pk}/").content.decode()
    return {
        name: found[1]
        for name in ("submission", "seen")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', page))
    }


def answered(client: Client, offer: OwnOffer, **more: str) -> Any:
    return client.post(f"/our-offers/{offer.pk}/", {**hidden(client, offer), **AS_ALICE, **more})


def link_to(address: str) -> str:
    """The private link of the newest confirmation."""
    found = re.search(r"https://[^/\s]+(/our-offers/open/\S+)", mails(address)[-1][1])
    assert found
    return found[1]


# -- whom it is shown to


def test_whoever_viewed_a_page_sees_it_with_the_reason_and_turns_it_off_with_one_press(
    victor: Client,
) -> None:
    up("viewed:services")
    assert TITLE not in front(victor)
    walked(victor, "/services/")
    answer = victor.get("/")
    page = answer.content.decode()
    assert TITLE in page and "Why you see this offer" in page and "#use.personalise" in page
    assert "viewed “Services and prices”" in page and "We do not know whose it is" in page
    assert "no-store" in answer["Cache-Control"]
    assert set(Entry.objects.filter(purpose="personalising").values_list("clauses", flat=True)) == {
        "use.personalise"
    }
    assert TITLE not in front(victor, **{"sec-gpc": "1"}) and TITLE not in front(
        Secure(SERVER_NAME="localhost")
    )
    assert victor.post("/you/shown/", {"part": "offer"}).status_code == 302
    for block in ("continue", "recommended"):
        victor.post("/you/shown/", {"part": block})
    made = Entry.objects.filter(purpose="personalising").count()
    assert TITLE not in front(victor) and Entry.objects.filter(purpose="personalising").count() == made
    victor.post("/you/shown/", {"part": "offer", "on": "1"})
    assert TITLE in front(victor)
    flows.end(OwnOffer.objects.get())
    assert TITLE not in front(victor)


def test_one_for_everybody_uses_nothing_of_anybody(victor: Client) -> None:
    up()
    up(title="Not yet", begins_at=timezone.now() + timedelta(days=1))
    page = front(victor, **{"sec-gpc": "1"})
    assert TITLE in page and "used nothing of yours" in page and "Not yet" not in page
    assert not Entry.objects.filter(purpose="personalising").exists()
    victor.post("/you/shown/", {"part": "offer"})
    assert TITLE not in front(victor)


def test_customers_of_a_plan_see_it_in_the_browser_they_connected_and_it_is_on_their_record(
    settings: Any,
) -> None:
    set_up(settings)
    alice = connected()
    bought = paid(alice).invoices.exclude(number=None).get().plan
    named = {each["name"]: each["id"] for each in settings.TROTH_COMPANY["plans"]}
    up(f"plan:{next(each for name, each in named.items() if name != bought)}", title="For others")
    up(f"plan:{named[bought]}")
    page = front(alice)
    assert TITLE in page and f"has the plan “{bought}”" in page and "For others" not in page
    owner = LinkedBrowser.objects.get().owner_id.hex
    joined = of_subjects([owner], Entry.objects.filter(purpose="personalising", kind=Kind.USE))
    assert any(each.used.get("company-size") == "use.personalise" for each in joined)
    assert CONTROLS["use.personalise"]().status.value == "kept"
    another = Secure(SERVER_NAME="localhost")
    another.force_login(Person.objects.get(owner=owner).user)
    assert TITLE not in front(another), "signed in, in a browser that nobody connected"
    alice.post("/you/disconnect/")
    assert TITLE not in front(alice)


# -- answering it


def test_an_answer_makes_nobody_known_who_did_not_tick_and_is_taken_back_by_its_link(
    victor: Client, sign_in: SignIn
) -> None:
    walked(victor, "/services/", "/customers/")
    offer = up()
    page = victor.get(f"/our-offers/{offer.pk}/").content.decode()
    box = re.search(rf'<input type="checkbox" name="{NAME}"[^>]*>', page)
    assert box and "checked" not in box[0] and "an anonymous trail of 2 pages" in page
    assert answered(victor, offer)["Location"].endswith("/sent/") and not LinkedBrowser.objects.exists()
    row = Response.objects.get()
    with pytest.raises(SealedError):
        _ = row.email
    own = f"/our-offers/answers/{row.pk}/"
    assert victor.get(own).status_code == 404 and victor.post(own + "back/").status_code == 404
    sales = sign_in("sales")
    assert ALICE["email"] in sales.get(f"{DESK}{offer.pk}/").content.decode()
    assert Entry.objects.filter(purpose="answering-enquiries", kind=Kind.USE, recipient="sales").exists()
    sales.post(f"{DESK}{offer.pk}/answers/{row.pk}/")
    assert "Mark as" not in sales.get(f"{DESK}{offer.pk}/").content.decode()
    assert victor.get(link_to(ALICE["email"]))["Location"] == own
    assert ALICE["email"] in victor.get(own).content.decode()
    assert browser(person(CHARLIE)).get(own).status_code == 404
    assert victor.post(own + "back/").status_code == 302
    assert not Response.objects.exists() and not DataSubject.objects.filter(pk=row.owner_id).exists()
    assert ALICE["email"] not in sales.get(f"{DESK}{offer.pk}/").content.decode()


def test_the_ticked_box_connects_the_browser_by_this_act(victor: Client) -> None:
    walked(victor, "/services/")
    answered(victor, up(), **{NAME: "on"})
    link, row = LinkedBrowser.objects.get(), Response.objects.get()
    assert (link.owner_id, link.act) == (row.owner_id, "offer")
    assert "when an offer of ours was answered" in victor.get("/you/").content.decode()
    assert CONTROLS["navigation.anonymous"]().status.value == "kept"


def test_of_somebody_with_an_account_it_is_theirs_alone_and_the_account_stays(victor: Client) -> None:
    alice, offer = person(ALICE), up()
    hers = browser(alice)
    answered(hers, offer)
    answered(hers, offer, email=CHARLIE["email"])
    mine = Response.objects.get(owner=alice.owner_id)
    assert Response.objects.exclude(pk=mine.pk).get().owner_id not in (
        alice.owner_id,
        person(CHARLIE).owner_id,
    )
    own, link = f"/our-offers/answers/{mine.pk}/", link_to(ALICE["email"])
    assert "/accounts/login/" in victor.get(link)["Location"] and victor.get(own).status_code == 404
    assert hers.get(link)["Location"] == own and ALICE["name"] in hers.get(own).content.decode()
    assert own in hers.get("/account/privacy/held/").content.decode()
    hers.post(own + "back/")
    assert not Response.objects.filter(pk=mine.pk).exists() and Person.objects.filter(pk=alice.pk).exists()


def test_what_cannot_be_an_answer_is_none(victor: Client) -> None:
    offer = up(title=SCRIPT)
    assert SCRIPT not in victor.get(f"/our-offers/{offer.pk}/").content.decode() + front(victor)
    told = {**hidden(victor, offer), **AS_ALICE}
    for wrong in ({"email": "nowhere"}, {"name": ""}, {"name": "4111 1111 1111 1111"}, {"submission": "x"}):
        assert victor.post(f"/our-offers/{offer.pk}/", {**told, **wrong}).status_code == 422
    victor.post(f"/our-offers/{offer.pk}/", {**told, "seen": "0" * 64})
    assert not Response.objects.exists()
    for _ in range(2):
        victor.post(f"/our-offers/{offer.pk}/", told)
    assert Response.objects.count() == 1
    flows.end(offer)
    assert victor.get(f"/our-offers/{offer.pk}/").status_code == 410
    assert victor.post(f"/our-offers/{offer.pk}/", told).status_code == 410 and Response.objects.count() == 1


def test_nothing_of_an_answer_goes_to_a_partner(victor: Client) -> None:
    answered(victor, up())
    row = Response.objects.get()
    with faults.wanted(), pytest.raises(Refused):
        disclose(row, ["email"], to="partner", purpose="joint-promotion", by=SYSTEM, country="US", given=row)
    assert all(
        CONTROLS[each]().status.value == "kept" for each in ("share.no-promotion", "share.joint-offers")
    )


# -- the desk


def test_sales_put_offers_up_and_nobody_else_does(sign_in: SignIn) -> None:
    sales, today = sign_in("sales"), timezone.now().date()
    told = {
        "title": TITLE, "text": TEXT, "shown_to": "viewed:services", "begins_on": str(today),
        "ends_on": str(today + timedelta(days=30)),
    }  # fmt: skip
    for wrong in (
        {"shown_to": "viewed:nothing"}, {"shown_to": "address:10.0.0.1"}, {"ends_on": "2020-01-01"}, {"title": "a\nb"},
        {"begins_on": str(today + timedelta(days=60))},
    ):  # fmt: skip
        assert sales.post(DESK, {**told, **wrong}).status_code == 422, wrong
    assert sales.post(DESK, told).status_code == 302
    assert "Whoever viewed a page: Services and prices" in sales.get(DESK).content.decode()
    offer = OwnOffer.objects.get()
    for role in ("support", "administrator"):
        other = sign_in(role)
        assert other.post(DESK, told).status_code == 403 == other.get(f"{DESK}{offer.pk}/").status_code
        assert other.post(f"{DESK}{offer.pk}/end/").status_code == 403
    assert OwnOffer.objects.get().is_live
    with pytest.raises(Refused):
        up("curiosity:all")
    sales.post(f"{DESK}{offer.pk}/end/")
    assert not OwnOffer.objects.get().is_live
    assert sales.post(DESK, {**told, "shown_to": "everybody"}).status_code == 302
    assert OwnOffer.objects.get(ended_at=None).shown_to == ""
