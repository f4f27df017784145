"""Joint offers: a tick for one offer gives its partner what was given with it, until it is taken back."""

import hashlib
import hmac
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyrage
import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.cast import ALICE, CHARLIE, durable
from tests.gate.test_duties_pushing import Server, provider
from troth.accounts.people.companies import NotNow
from troth.accounts.people.flows import correct
from troth.accounts.people.models import Person
from troth.apps.offers import delivering, flows, partners, pushing
from troth.apps.offers.models import Delivery, Ending, Interest, Part, Partner, Promotion
from troth.engine.ledger import Kind
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Entry
from troth.gate.outbound import webhooks
from troth.gate.outbound.models import Message
from troth.gate.proving import sampling, traces
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import limits
from troth.gate.subjects.erase import erase
from troth.gate.telling.sending import tell
from troth.gate.uses import SYSTEM, Actor, OwnData, disclose, disclose_each, using
from troth.gate.uses.history import history, receipt
from troth.verify.check import check_share

__all__ = ["provider"]

pytestmark = durable
SignIn = Callable[..., Client]
OFFERS, OFFICE, API = "/offers/", "/office/offers/", "/api/v1/joint-offer/records/"
KEY = pyrage.x25519.Identity.generate()
SCRIPT = "<script>alert(1)</script>"
PARTNER = {
    "name": "Kestrel Handsets", "country": "US", "statement": "https://kestrel.example/privacy",
    "desk": "privacy@kestrel.example", "key": str(KEY.to_public()),
}  # fmt: skip
GETS = ("contact.email", "contact.name")


@pytest.fixture
def promotion() -> Promotion:
    wanted = flows.Wanted(
        "Two desk phones", "Two for one.", GETS, [partners.register(PARTNER)], timezone.now() + timedelta(days=9)
    )  # fmt: skip
    return flows.promote(wanted)


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


@pytest.fixture
def hers(alice: Person) -> Client:
    return browser(alice)


def form_of(client: Client, promotion: Promotion) -> dict[str, str]:
    """The hidden fields of the page, as a browser would send them."""
    page = client.get(f"{OFFERS}{promotion.pk}/").content.decode()
    found = {
        name: match[1]
        for name in ("submission", "seen")
        if (match := re.search(rf'name="{name}" value="([^"]+)"', page))
    }
    return {**found, "name": ALICE["name"], "email": ALICE["email"]}


def interested(client: Client, promotion: Promotion, **changes: str) -> Any:
    sent = {**form_of(client, promotion), "tick": "on", **changes}
    return client.post(f"{OFFERS}{promotion.pk}/interest/", sent)


def part_of(promotion: Promotion) -> Part:
    return Part.objects.get(promotion=promotion)


def fetch(key: str, after: int | None = None, **more: Any) -> Any:
    asked = {} if after is None else {"after": after}
    return Secure(SERVER_NAME="localhost").get(API, asked, headers={"Authorization": f"Bearer {key}"}, **more)


def opened(content: bytes, key: Any = KEY) -> dict[str, Any]:
    """What the partner reads, by its own key."""
    packed = zipfile.ZipFile(io.BytesIO(pyrage.decrypt(content, [key])))
    said: dict[str, Any] = json.loads(packed.read("records.json"))
    return said


def letters(mark: str) -> list[tuple[str, str]]:
    """Address and text of each letter about a record; they are written once, and name nobody."""
    tell()
    assert tell() == 0
    with using("sending-mail", by=SYSTEM):
        found = [
            (str(each.address), str(each.body))
            for each in Message.objects.order_by("queued_at")
            if mark in each.body
        ]
    assert ALICE["email"] not in str(found) and ALICE["name"] not in str(found)
    return found


def finding() -> tuple[str, str]:
    found = CONTROLS["share.joint-offers"]()
    return found.status.value, found.evidence


# -- the whole way


def test_interest_is_delivered_to_its_partner_alone_and_ends_when_it_is_taken_back(
    alice: Person, hers: Client, promotion: Promotion
) -> None:
    person(CHARLIE)
    page = hers.get(f"{OFFERS}{promotion.pk}/").content.decode()
    assert all(
        word in page for word in ("Kestrel Handsets", "United States", PARTNER["statement"], "not control")
    )
    assert "checked" not in page and 'name="phone"' not in page, (
        "no tick beforehand; no more than the partner gets"
    )
    assert interested(hers, promotion, phone=ALICE["phone"]).status_code == 302
    key = partners.make_key(part_of(promotion))
    answer = fetch(key)
    assert ALICE["email"].encode() not in answer.content and answer["Cache-Control"] == "no-store"
    said = opened(answer.content)
    (record,) = said["records"]
    assert record["values"] == {"contact.email": ALICE["email"], "contact.name": ALICE["name"]}
    entry = Entry.objects.get(id=record["entry"])
    assert (entry.kind, entry.recipient, entry.country) == (Kind.DISCLOSE, "partner", "US")
    with pytest.raises(pyrage.DecryptError):
        opened(answer.content, pyrage.x25519.Identity.generate())
    assert "Kestrel Handsets has it" in hers.get(f"{OFFERS}{promotion.pk}/").content.decode()
    assert finding()[0] == "kept", finding()
    hers.post(f"{OFFERS}{promotion.pk}/withdraw/")
    after = opened(fetch(key, 0).content)
    assert after["records"] == [] and after["withdrawn"] == [record["mark"]]
    assert [address for address, _ in letters(record["mark"])] == [PARTNER["desk"]]
    assert finding()[0] == "kept", finding()
    # The letter holds the desk's address sealed, and the register of partners in clear: nobody's data is there.
    found = sampling.sample().values
    assert PARTNER["desk"].encode() in found
    assert "offers.Partner.desk" not in traces.columns(traces.apart_from_desks(found))
    Partner.objects.update(name=ALICE["email"])
    assert "offers.Partner.name" in traces.columns(traces.apart_from_desks(found))


def test_a_lost_answer_comes_again_marked_as_such_and_what_is_there_does_not(
    hers: Client, promotion: Promotion
) -> None:
    interested(hers, promotion)
    key = partners.make_key(part_of(promotion))
    first, again = opened(fetch(key).content), opened(fetch(key).content)
    assert [each["again"] for each in first["records"] + again["records"]] == [False, True]
    assert first["records"][0]["mark"] == again["records"][0]["mark"] and again["upto"] == 1
    assert opened(fetch(key, 1).content)["records"] == []
    assert Entry.objects.filter(recipient="partner").count() == Delivery.objects.count() == 2


def test_of_one_package_everybody_has_a_part_of_its_entry_and_a_receipt_that_checks_alone(
    alice: Person, hers: Client, promotion: Promotion
) -> None:
    charlie = person(CHARLIE)
    interested(hers, promotion)
    assert delivering.deliver(part_of(promotion)).records == 1
    interested(browser(charlie), promotion, name=CHARLIE["name"], email=CHARLIE["email"])
    records = opened(delivering.deliver(part_of(promotion)).content)["records"]
    assert [(each["number"], each["again"]) for each in records] == [(1, True), (2, False)]
    (entry,) = {each["entry"] for each in records}
    assert Entry.objects.get(id=entry).subjects == 2 and len({each["mark"] for each in records}) == 2
    for owner, many in ((alice.owner_id, 2), (charlie.owner_id, 1)):
        with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
            seen = [used.entry for used in history() if used.role == "partner"]
            assert len(seen) == many and entry in seen
            assert all(check_share(receipt(each)) for each in seen)
    assert finding()[0] == "kept", finding()
    Delivery.objects.filter(position=2).delete()
    assert finding()[0] == "broken", "of two parts one is counted no more"
    Interest.objects.filter(owner=charlie.owner_id).delete()
    assert finding()[0] == "broken", "neither is it once the interest is gone too"


def test_a_package_larger_than_an_entry_stands_under_several(
    hers: Client, promotion: Promotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    interested(hers, promotion)
    interested(browser(person(CHARLIE)), promotion, name=CHARLIE["name"], email=CHARLIE["email"])
    monkeypatch.setattr(delivering, "UNDER_ONE", 1)
    assert delivering.deliver(part_of(promotion)).records == 2
    assert [each.subjects for each in Entry.objects.filter(recipient="partner")] == [1, 1]
    assert finding()[0] == "kept", finding()


@pytest.mark.parametrize("after", ["2", "-1", "x", "9" * 30], ids=["too many", "below", "a word", "too long"])
def test_a_number_that_was_never_given_is_refused(promotion: Promotion, after: str) -> None:
    key = partners.make_key(part_of(promotion))
    assert fetch(key, after).status_code == 422  # type: ignore[arg-type]


# -- the tick


def test_without_the_tick_nothing_is_kept_or_shared(hers: Client, promotion: Promotion) -> None:
    answer = interested(hers, promotion, tick="")
    assert answer.status_code == 422 and "Without the tick" in answer.content.decode()
    assert not Interest.objects.exists()
    page = hers.get(f"{OFFERS}{promotion.pk}/?tick=on").content.decode()
    assert not re.search(r"<input[^>]*name=\"tick\"[^>]*checked", page)


def test_a_tick_counts_for_what_the_page_said(hers: Client, promotion: Promotion) -> None:
    interested(hers, promotion, seen="0" * 64)
    assert not Interest.objects.exists()
    interested(hers, promotion)
    other = partners.register({**PARTNER, "name": "Somebody Else"})
    Part.objects.create(promotion=promotion, partner=other)
    for part in Part.objects.all():
        assert delivering.deliver(part).records == 0, "another partner was put beside the one she read of"


def test_two_presses_show_one_interest(hers: Client, promotion: Promotion) -> None:
    sent = {**form_of(hers, promotion), "tick": "on"}
    for _ in range(2):
        assert hers.post(f"{OFFERS}{promotion.pk}/interest/", sent).status_code == 302
    another = signing.dumps(uuid7().hex, salt="offer")
    assert interested(hers, promotion, **{**sent, "submission": another}).status_code == 302
    assert Interest.objects.count() == 1


def test_an_offer_that_is_over_takes_nothing(hers: Client, promotion: Promotion) -> None:
    sent = {**form_of(hers, promotion), "tick": "on"}
    flows.end(promotion)
    hers.post(f"{OFFERS}{promotion.pk}/interest/", sent)
    with pytest.raises(NotNow):  # as a page that was read before shows it
        flows.show_interest(person(CHARLIE).owner_id, promotion, uuid7().hex, {}, promotion.digest())
    assert not Interest.objects.exists()
    partners.end_partner(Partner.objects.get())
    with pytest.raises(Refused):  # the partner as a form read it before
        flows.promote(
            flows.Wanted("x", "y", GETS, [part_of(promotion).partner], timezone.now() + timedelta(days=1))
        )


def test_a_script_is_shown_as_what_it_is(hers: Client, promotion: Promotion, sign_in: SignIn) -> None:
    interested(hers, promotion, name=SCRIPT)
    Promotion.objects.update(title=SCRIPT, text=SCRIPT)
    Partner.objects.update(name=SCRIPT)
    sales = sign_in("sales")
    for client, path in (
        (hers, OFFERS), (hers, f"{OFFERS}{promotion.pk}/"), (sales, OFFICE), (sales, f"{OFFICE}{promotion.pk}/"),
    ):  # fmt: skip
        page = client.get(path)
        assert page.status_code == 200 and SCRIPT not in page.content.decode()


# -- the page of a partner


def test_a_partner_fetches_on_its_page_what_its_key_opens(
    hers: Client, victor: Client, promotion: Promotion
) -> None:
    interested(hers, promotion)
    key = partners.make_key(part_of(promotion))
    assert victor.post("/partners/", {"key": "troth_partner_x"}).status_code == 422
    fetched = victor.post("/partners/", {"key": key, "fetch": "1"})
    assert fetched["Cache-Control"] and "no-store" in fetched["Cache-Control"]
    assert opened(fetched.content)["records"][0]["values"]["contact.email"] == ALICE["email"]
    page = victor.post("/partners/", {"key": key}).content.decode()
    assert "was given 1 record" in page and key not in page and ALICE["email"] not in page
    assert victor.post("/partners/", {"key": key, "fetch": "1", "after": "7"}).status_code == 422
    partners.end_partner(Partner.objects.get())
    assert victor.post("/partners/", {"key": key, "fetch": "1"}).status_code == 422


# -- who may not


def test_a_key_opens_its_own_part_and_ends_with_the_partner(hers: Client, promotion: Promotion) -> None:
    interested(hers, promotion)
    before, key = partners.make_key(part_of(promotion)), partners.make_key(part_of(promotion))
    for wrong in (before, "", "troth_partner_", key[:-1], "troth_partner_" + "é" * 5):
        assert fetch(wrong.encode().decode("latin-1")).status_code == 401
    assert (
        Secure(SERVER_NAME="localhost").post(API, headers={"Authorization": f"Bearer {key}"}).status_code
        == 405
    )
    partners.end_partner(Partner.objects.get())
    assert fetch(key).status_code == 401 and not Delivery.objects.exists()
    with pytest.raises(Refused):
        delivering.deliver(part_of(promotion))
    with pytest.raises(Refused):
        partners.make_key(part_of(promotion))
    promotion.refresh_from_db()
    assert not promotion.is_live


def test_charlie_sees_nothing_of_hers_and_takes_nothing_back(
    hers: Client, victor: Client, promotion: Promotion
) -> None:
    interested(hers, promotion)
    charlie = browser(person(CHARLIE))
    assert ALICE["email"] not in charlie.get(f"{OFFERS}{promotion.pk}/").content.decode()
    charlie.post(f"{OFFERS}{promotion.pk}/withdraw/")
    for act in ("interest/", "withdraw/"):
        assert "/accounts/login/" in victor.post(f"{OFFERS}{promotion.pk}/{act}")["Location"]
    assert Interest.objects.get().withdrawn_at is None
    assert "sign in" in victor.get(f"{OFFERS}{promotion.pk}/").content.decode()


@pytest.mark.parametrize("role", ["support", "administrator"])
def test_the_desk_is_for_sales_alone(promotion: Promotion, sign_in: SignIn, role: str) -> None:
    staff, partner = sign_in(role), Partner.objects.get()
    assert [staff.get(path).status_code for path in (OFFICE, f"{OFFICE}{promotion.pk}/")] == [403, 403]
    for path in (
        "promote/", "partner/", f"partner/{partner.pk}/end/", f"part/{part_of(promotion).pk}/key/",
        f"{promotion.pk}/end/",
    ):  # fmt: skip
        assert staff.post(OFFICE + path).status_code == 403
    promotion.refresh_from_db()
    assert promotion.is_live and part_of(promotion).secret_hash is None


def test_sales_put_an_offer_up_and_see_who_is_interested(hers: Client, sign_in: SignIn) -> None:
    sales = sign_in("sales")
    named = {f"partner-{name}": value for name, value in PARTNER.items()}
    for wrong in (
        {"partner-key": "age1nothing"},
        {"partner-statement": "javascript:alert(1)"},
        {"partner-name": "a\nb"},
    ):
        assert sales.post(OFFICE + "partner/", {**named, **wrong}).status_code == 422
    assert sales.post(OFFICE + "partner/", named).status_code == 302
    told = {
        "offer-title": "Two desk phones", "offer-text": "Two for one.", "offer-partners": [str(Partner.objects.get().pk)],
        "offer-gets": ["contact.name", "contact.email"], "offer-ends_on": "2100-01-01",
    }  # fmt: skip
    assert (
        sales.post(OFFICE + "promote/", {**told, "offer-gets": ["payment-instrument.last4"]}).status_code
        == 422
    )
    sales.post(OFFICE + "promote/", told)
    promotion = Promotion.objects.get()
    interested(hers, promotion)
    page = f"{OFFICE}{promotion.pk}/"
    assert ALICE["email"] in sales.get(page).content.decode()
    made = sales.post(f"{OFFICE}part/{part_of(promotion).pk}/key/").content.decode()
    key = re.search(r"troth_partner_[\w-]+", made)
    assert key and opened(fetch(key[0]).content)["records"]
    assert "1 held" in sales.get(page).content.decode() and key[0] not in sales.get(page).content.decode()
    assert "Two desk phones" in sales.get(OFFICE).content.decode()


@pytest.mark.parametrize("category", ["qualification", "payment-instrument.last4", "billing-name", "nothing"])
def test_an_offer_wider_than_the_clause_is_refused(promotion: Promotion, category: str) -> None:
    wanted = flows.Wanted(
        "x", "y", [category], list(Partner.objects.all()), timezone.now() + timedelta(days=1)
    )
    with pytest.raises(Refused):
        flows.promote(wanted)


# -- what comes between


def test_a_withdrawal_during_a_delivery_lets_nothing_leave(
    alice: Person, hers: Client, promotion: Promotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    interested(hers, promotion)
    real = disclose_each

    def later(rows: Any, *args: Any, **more: Any) -> Any:
        found = list(rows)
        flows.withdraw(alice.owner_id, promotion)
        return real(found, *args, **more)

    monkeypatch.setattr(delivering, "disclose_each", later)
    with pytest.raises(delivering.Busy):
        delivering.deliver(part_of(promotion))
    assert not Delivery.objects.exists() and not Entry.objects.filter(recipient="partner").exists()
    monkeypatch.undo()
    assert delivering.deliver(part_of(promotion)).records == 0 and not Ending.objects.exists()


def test_between_the_beginning_of_an_erasure_and_its_end_nothing_is_delivered(
    alice: Person, hers: Client, promotion: Promotion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the partners were noted, and what is asked for before the key dies."""
    interested(hers, promotion)
    real = disclose_each

    def later(rows: Any, *args: Any, **more: Any) -> Any:
        found = list(rows)
        flows.gone(alice.owner_id.hex)
        return real(found, *args, **more)

    monkeypatch.setattr(delivering, "disclose_each", later)
    with pytest.raises(delivering.Busy):
        delivering.deliver(part_of(promotion))
    monkeypatch.undo()
    assert delivering.deliver(part_of(promotion)).records == 0 and not Delivery.objects.exists()


def test_nobody_has_a_partner_write_to_somebody_else(hers: Client, promotion: Promotion) -> None:
    answer = interested(hers, promotion, email=CHARLIE["email"])
    assert answer.status_code == 422 and "the address you sign in with" in answer.content.decode()
    assert not Interest.objects.exists()
    assert interested(hers, promotion, email=ALICE["email"].upper()).status_code == 302


def test_whoever_limits_the_use_of_their_data_is_left_out(
    alice: Person, hers: Client, promotion: Promotion
) -> None:
    interested(hers, promotion)
    limits.object_to(alice.owner_id, "third-party-promotion", Actor("data-subject", alice.owner_id))
    assert delivering.deliver(part_of(promotion)).records == 0


def test_the_partner_is_told_of_an_erasure_and_the_record_counts_on(
    alice: Person, hers: Client, promotion: Promotion
) -> None:
    interested(hers, promotion)
    mark = opened(delivering.deliver(part_of(promotion)).content)["records"][0]["mark"]
    erase(alice.owner_id.hex, SYSTEM)
    assert not Interest.objects.exists() and Delivery.objects.get().row_id is None
    said = opened(delivering.deliver(part_of(promotion)).content)
    assert said["withdrawn"] == [mark] and said["records"] == []
    assert [address for address, _ in letters(mark)] == [PARTNER["desk"]]
    assert finding()[0] == "kept", finding()
    Ending.objects.all().delete()
    assert finding()[0] == "broken", "no package says so"


def test_each_partner_that_has_a_record_is_told_at_its_own_desk_and_answers_there(
    alice: Person, hers: Client, victor: Client, sign_in: SignIn
) -> None:
    """One offer with two partners, of whom one fetched it, and another offer with the second alone."""
    one = partners.register(PARTNER)
    two = partners.register(
        {**PARTNER, "name": "Harbour Lamps", "desk": "privacy@harbour.example", "country": "NO"}
    )
    until = timezone.now() + timedelta(days=9)
    both = flows.promote(flows.Wanted("Lamps and phones", "x", GETS, [one, two], until))
    alone = flows.promote(flows.Wanted("Lamps", "x", GETS, [two], until))
    for each in (both, alone):
        interested(hers, each)
    phones = Part.objects.get(promotion=both, partner=one)
    lamps = Part.objects.get(promotion=alone)
    marks = [opened(delivering.deliver(part).content)["records"][0]["mark"] for part in (phones, lamps)]
    correct(alice, {"name": "Alice Avery"})
    assert [[address for address, _ in letters(mark)] for mark in marks] == [
        [PARTNER["desk"]], ["privacy@harbour.example"],
    ]  # fmt: skip
    hers.post(f"{OFFERS}{both.pk}/withdraw/")
    told = letters(marks[0])
    assert [address for address, _ in told] == [PARTNER["desk"]] * 2 and len(letters(marks[1])) == 1
    link = re.search(r"https://\S+/privacy/told/\S+", told[1][1])
    assert link and "took back" in victor.get(link[0]).content.decode()
    victor.post(link[0])
    sales = sign_in("sales")
    page = sales.get(f"{OFFICE}partner/{one.pk}/").content.decode()
    assert "0 held" in page and "2 letters, 1 not answered" in page and "confirmed" in page
    assert ALICE["email"] not in page and ALICE["name"] not in page
    assert "1 letter, 1 not answered" in sales.get(f"{OFFICE}partner/{two.pk}/").content.decode()
    erase(alice.owner_id.hex, SYSTEM)
    ((address, text),) = letters(marks[1])  # the one of the correction was hers, and went with her
    assert address == "privacy@harbour.example" and "was deleted" in text
    assert CONTROLS["rights.update"]().status.value == "kept" and finding()[0] == "kept", finding()


# -- sent to a partner's server


def test_a_partner_that_wants_it_is_sent_its_package_until_it_takes_it(
    hers: Client, promotion: Promotion, provider: Server
) -> None:
    interested(hers, promotion)
    Partner.objects.update(endpoint=f"https://{provider.where}/in")
    part = part_of(promotion)
    provider.answers = [500]
    assert pushing.push_due() == 0 and pushing.push_due() == 0 and len(provider.got) == 1
    part.refresh_from_db()
    assert part.due_at > timezone.now() + timedelta(seconds=50), "it waits before it tries again"
    interested(browser(person(CHARLIE)), promotion, name=CHARLIE["name"], email=CHARLIE["email"])
    now_due()
    assert pushing.push_due() == 1
    now_due()
    assert pushing.push_due() == 1
    first, again, new = provider.got
    assert first[0][webhooks.DELIVERY] == again[0][webhooks.DELIVERY] != new[0][webhooks.DELIVERY]
    stamp, mac = (each.split("=")[1] for each in again[0][webhooks.SIGNATURE].split(","))
    secret = pushing.secret_of(part).encode()
    assert hmac.new(secret, stamp.encode() + b"." + again[1], hashlib.sha256).hexdigest() == mac
    said = [opened(body)["records"] for _, body in provider.got]
    assert [[(each["number"], each["again"]) for each in records] for records in said] == [
        [(1, False)], [(1, True)], [(2, False)],
    ]  # fmt: skip
    entries = {each["entry"] for records in said for each in records}
    assert Entry.objects.filter(id__in=entries, recipient="partner").count() == Delivery.objects.count() == 3
    now_due()
    assert pushing.push_due() == 0 and len(provider.got) == 3, "nothing new"
    hers.post(f"{OFFERS}{promotion.pk}/withdraw/")
    now_due()
    assert pushing.push_due() == 1
    last = opened(provider.got[-1][1])
    assert last["records"] == [] and last["withdrawn"] == [said[0][0]["mark"]]
    assert finding()[0] == "kept", finding()


def test_what_was_taken_back_on_its_way_does_not_go_out_again(
    hers: Client, promotion: Promotion, provider: Server
) -> None:
    interested(hers, promotion)
    Partner.objects.update(endpoint=f"https://{provider.where}/in")
    provider.answers = [500]
    pushing.push_due()
    hers.post(f"{OFFERS}{promotion.pk}/withdraw/")
    now_due()
    assert pushing.push_due() == 1
    last = opened(provider.got[-1][1])
    assert last["records"] == [] and len(last["withdrawn"]) == 1
    partners.end_partner(Partner.objects.get())
    now_due()
    assert pushing.push_due() == 0 and len(provider.got) == 2


def test_for_a_key_that_is_over_nothing_goes_out_until_there_is_another(
    hers: Client, promotion: Promotion, sign_in: SignIn
) -> None:
    interested(hers, promotion)
    key, partner = partners.make_key(part_of(promotion)), Partner.objects.get()
    Partner.objects.update(key_ends_on=timezone.now().date() - timedelta(days=1))
    assert fetch(key).status_code == 403 and not Entry.objects.filter(recipient="partner").exists()
    sales, path, other = sign_in("sales"), f"{OFFICE}partner/{partner.pk}/", pyrage.x25519.Identity.generate()
    assert "key is over" in sales.get(path).content.decode()
    told = {"key": str(other.to_public()), "key_ends_on": "2999-01-01"}
    for wrong in (
        {"key": "age1x"}, {"key_ends_on": "2020-01-01"}, {"endpoint": "http://kestrel.example/"},
        {"endpoint": "https://localhost/"}, {"endpoint": "https://10.0.0.1/"}, {"endpoint": "https://a:b@kestrel.example/"},
    ):  # fmt: skip
        assert sales.post(path, {**told, **wrong}).status_code == 422, wrong
    assert sales.post(path, {**told, "endpoint": "https://kestrel.example/in"}).status_code == 302
    assert opened(fetch(key).content, other)["records"]
    assert sign_in("support").get(path).status_code == 403


def now_due() -> None:
    Part.objects.update(due_at=timezone.now() - timedelta(seconds=1))


# -- the proof


def _no_interest(promotion: Promotion) -> None:
    Interest.objects.all().delete()


def _other_text(promotion: Promotion) -> None:
    Interest.objects.update(text_hash="0" * 64)


def _not_counted(promotion: Promotion) -> None:
    Delivery.objects.all().delete()


def _narrower(promotion: Promotion) -> None:
    Promotion.objects.update(categories="contact.name")
    Interest.objects.update(text_hash=Promotion.objects.get().digest())


def _withdrawn_before(promotion: Promotion) -> None:
    Interest.objects.update(withdrawn_at=timezone.now() - timedelta(hours=1))


def _past_the_door(promotion: Promotion) -> None:
    disclose(
        Interest.objects.get(), ["name"], to="partner", purpose="joint-promotion", by=SYSTEM, country="US",
        given=part_of(promotion),
    )  # fmt: skip


@pytest.mark.parametrize(
    "breach", [_no_interest, _other_text, _not_counted, _narrower, _withdrawn_before, _past_the_door],
    ids=lambda each: each.__name__.strip("_"),
)  # fmt: skip
def test_a_planted_breach_is_found(
    hers: Client, promotion: Promotion, breach: Callable[[Promotion], None]
) -> None:
    interested(hers, promotion)
    delivering.deliver(part_of(promotion))
    assert finding()[0] == "kept", finding()
    breach(promotion)
    status, evidence = finding()
    assert status == "broken" and ALICE["email"] not in evidence


def test_the_gate_lets_nothing_go_without_an_interest(alice: Person, promotion: Promotion) -> None:
    with pytest.raises(Refused):
        disclose(
            alice, ["name"], to="partner", purpose="joint-promotion", by=SYSTEM, country="US", given=part_of(promotion)
        )  # fmt: skip
    assert CONTROLS["share.no-promotion"]().status.value == "kept"
