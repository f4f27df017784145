"""Where data went: a country for everything, counts that add up with the log, and a page for each reader."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.apps.privacy_people import BOB, CHARLIE, browser, person
from tests.cast import ALICE, acting, durable, enquiry_of, staff
from tests.gate.conftest import Clock, set_clock
from tests.gate.test_duties import a_duty, asked
from troth.accounts.models import StaffMember
from troth.apps.enquiries.models import Enquiry
from troth.apps.transfers import counting
from troth.apps.transfers.models import Counted, Tally
from troth.config.environment import SettingError, store_countries
from troth.gate.duties.handing import hand_over
from troth.gate.journal.models import Entry
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, Actor, using
from troth.gate.uses.outward import disclose

__all__ = ["set_clock"]
pytestmark = durable
PUBLIC, OFFICE = "/privacy/countries/", "/office/transfers/"


def find() -> Finding:
    return CONTROLS["transfer.global"]()


def text(page: Any) -> str:
    assert page.status_code == 200
    return str(page.content.decode())


def read(enquiry: Enquiry, by: Actor) -> None:
    with using("answering-enquiries", by=by, given=enquiry):
        assert enquiry.email and enquiry.message


@pytest.fixture
def dana() -> StaffMember:
    """Support, who sits in CZ."""
    return staff("support")


@pytest.fixture
def busy(dana: StaffMember, set_clock: Clock) -> Enquiry:
    """An enquiry, its confirmation mailed from the carrier's country, read twice by Dana; all of it counted."""
    enquiry = enquiry_of()
    deliver_due()
    for _ in range(2):
        read(Enquiry.objects.get(), acting(dana))
    set_clock(timedelta(minutes=1))
    counting.count_new()
    return enquiry


def test_the_register_counts_each_transfer_once_and_adds_up(busy: Enquiry) -> None:
    told = {(each.country, each.recipient): each.times for each in Tally.objects.filter(category="")}
    assert told == {("CZ", "support"): 2, ("US", "mail-carrier"): 1}
    assert counting.count_new() == 0 and counting.missing() == [] and find().status == "kept"
    categories = Tally.objects.filter(recipient="support").exclude(category="")
    assert {each.category: each.times for each in categories} == {"contact.email": 2, "enquiry.message": 2}


def test_of_one_pull_each_record_is_counted(busy: Enquiry, set_clock: Clock) -> None:
    asked(), asked({**ALICE, "email": "somebody.else@pots.example"})
    hand_over(a_duty())
    set_clock(timedelta(minutes=2))
    counting.count_new()
    told = Tally.objects.filter(recipient="call-centre")
    assert {each.category: each.times for each in told} == {"": 2, "contact.name": 2, "contact.phone": 2}
    assert counting.missing() == [] and find().status == "kept"


def test_counts_stay_when_somebody_is_erased(busy: Enquiry) -> None:
    before = Tally.objects.filter(category="").count()
    erase(busy.owner_id.hex, SYSTEM)
    assert Tally.objects.filter(category="").count() == before and find().status == "kept"


def test_an_entry_that_is_too_young_waits(dana: StaffMember) -> None:
    read(enquiry_of(), acting(dana))
    assert counting.count_new() == 0 and not Tally.objects.exists() and Counted.objects.get().seq == 0


def test_the_public_list_names_countries_and_kinds_and_no_numbers(busy: Enquiry, victor: Client) -> None:
    page = text(victor.get(PUBLIC))
    assert "Czechia" in page and "support staff (accessed)" in page and "the mail carrier (disclosed)" in page
    assert "Contact data" in page and "Key store" in page
    assert "Sweden" not in page.partition("Who and what sits where")[0]
    assert ALICE["email"] not in page and "Dana" not in page


def test_what_the_law_asked_is_on_no_public_list(busy: Enquiry, victor: Client, dana: StaffMember) -> None:
    Tally.objects.create(
        day=timezone.now().date(), kind=4, country="FR", recipient="authority", purpose="complying-with-law",
        category="contact.email", times=1,
    )  # fmt: skip
    assert "France" not in text(victor.get(PUBLIC))


def test_the_office_sees_it_by_country_period_and_as_csv(busy: Enquiry, sign_in: Any) -> None:
    officer = sign_in("privacy-officer")
    page = text(officer.get(OFFICE))
    assert "Czechia" in page and "answering an enquiry" in page
    today = timezone.now().date()
    assert "Czechia" in text(officer.get(f"{OFFICE}?first={today}&last={today}"))
    assert "Nothing in this time" in text(officer.get(f"{OFFICE}?last=2020-01-01"))
    rows = list(csv.DictReader(io.StringIO(text(officer.get(f"{OFFICE}transfers.csv?first={today}")))))
    assert {(row["country"], row["category"], row["number"]) for row in rows} >= {
        ("CZ", "contact.email", "2")
    }
    assert (
        len(list(csv.reader(io.StringIO(text(officer.get(f"{OFFICE}transfers.csv?last=2020-01-01")))))) == 1
    )
    assert officer.get(OFFICE + "?first=<script>").status_code == 200


def test_the_office_sees_each_time_something_left_and_of_whom_it_does_not(
    busy: Enquiry, sign_in: Any
) -> None:
    asked(), asked({**ALICE, "email": "somebody.else@pots.example"})
    hand_over(a_duty())
    officer, here = sign_in("privacy-officer"), f"{OFFICE}left/"
    page = text(officer.get(here))
    assert "The mail carrier" in page and "Ireland" in page and '<td class="num">2</td>' in page
    assert "contacting you on our behalf" in page and ALICE["email"] not in page
    only = text(officer.get(f"{here}?to=call-centre"))
    assert "1 time<" in only and "Nothing left the house" in text(officer.get(f"{here}?last=2020-01-01"))
    assert sign_in("sales").get(here).status_code == 403


def test_dana_and_charlie_reach_no_register(busy: Enquiry, sign_in: Any) -> None:
    for client in (sign_in("sales"), browser(person(CHARLIE))):
        for page in (OFFICE, OFFICE + "transfers.csv"):
            assert client.get(page).status_code == 403


def test_everybody_sees_where_their_own_went_and_nobody_elses(dana: StaffMember) -> None:
    alice, bob = person(), person(BOB)
    with using("supporting", by=acting(dana)) as use:
        assert use.permits(alice) == frozenset()
    with using("running-an-account", by=acting(dana), given=alice):
        assert alice.email
    assert "Czechia: accessed 1 time" in text(browser(alice).get("/account/privacy/"))
    assert "Czechia" not in text(browser(bob).get("/account/privacy/"))


# -- what breaks it


def test_a_disclosure_to_nowhere_breaks_the_clause(busy: Enquiry) -> None:
    assert find().status == "kept"
    row = Message.objects.filter(owner=busy.owner_id).first()
    disclose(row, ["address"], to="mail-carrier", purpose="sending-mail", by=SYSTEM, country="")
    assert find().status == "broken" and "without a country" in find().figure


def test_staff_who_sit_nowhere_break_the_clause(busy: Enquiry, dana: StaffMember) -> None:
    read(Enquiry.objects.get(), Actor("support", dana.owner_id, ""))
    assert find().status == "broken"


def test_a_recipient_without_a_country_breaks_the_clause(busy: Enquiry, settings: Any) -> None:
    known = settings.TROTH_RECIPIENTS["mail-carrier"]
    settings.TROTH_RECIPIENTS = {**settings.TROTH_RECIPIENTS, "mail-carrier": {**known, "country": ""}}
    found = find()
    assert found.status == "broken" and "Postbox Relay" in found.evidence


def test_a_member_of_staff_or_a_store_in_no_country_breaks_the_clause(
    busy: Enquiry, dana: StaffMember, settings: Any
) -> None:
    settings.TROTH_STORES = {**settings.TROTH_STORES, "Backups": "ZZ"}
    assert "Backups" in find().evidence
    StaffMember.objects.update(country="XX")
    assert find().status == "broken" and "2 without" in find().figure


def test_a_register_that_was_edited_breaks_the_clause(busy: Enquiry) -> None:
    Tally.objects.filter(country="CZ", category="").update(times=1)
    found = find()
    assert found.status == "broken" and "CZ, support, answering-enquiries" in found.evidence


def test_a_country_edited_in_the_log_breaks_the_clause(busy: Enquiry) -> None:
    Entry.objects.filter(country="CZ").update(country="US")
    assert find().status == "broken"


def test_a_store_is_given_by_its_name_and_a_countrys_code() -> None:
    data = {"company": {"country": "US"}, "stores": {"backups": "SE"}}
    assert store_countries(data) == {
        "Data store": "US", "Key store": "US", "Stored files": "US", "Backups": "SE",
    }  # fmt: skip
    for wrong in ({"cellar": "US"}, {"data": "Sweden"}, {"data": 7}):
        with pytest.raises(SettingError, match="stores"):
            store_countries({"company": {"country": "US"}, "stores": wrong})
