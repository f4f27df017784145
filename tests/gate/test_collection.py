"""Forms out of the statement: what a clause does not collect has no field, and nothing takes it in."""

import time

import pytest
from django.core import signing
from django.test import Client

from tests.cast import ALICE, durable, values_of
from tests.gate.conftest import Edit
from troth.apps.enquiries.forms import ContactForm
from troth.apps.enquiries.models import Enquiry
from troth.gate.collection import holds_card_number
from troth.gate.errors import Refused
from troth.gate.journal.models import Entry
from troth.gate.keystore.models import DataKey
from troth.gate.uses import SYSTEM, using

pytestmark = durable
AT_CONTACT_US = "contact.email, enquiry.message\n    at contact-us"
WITHOUT_PHONE = (
    f"collect contact.name, contact.company, contact.address, contact.phone, {AT_CONTACT_US}",
    f"collect contact.name, contact.company, contact.address, {AT_CONTACT_US}",
)


def test_dropping_phone_from_the_rule_drops_the_field_from_form_and_page(
    edit_statement: Edit, victor: Client
) -> None:
    assert "phone" in ContactForm().fields and 'name="phone"' in victor.get("/contact/").content.decode()
    edit_statement(*WITHOUT_PHONE)
    assert set(ContactForm().fields) == {
        "name",
        "company",
        "address",
        "email",
        "message",
        "topic",
        "submission",
    }
    page = victor.get("/contact/")
    assert page.status_code == 200 and 'name="phone"' not in page.content.decode()


def test_what_is_no_longer_collected_is_not_taken_in_when_sent_all_the_same(edit_statement: Edit) -> None:
    edit_statement(*WITHOUT_PHONE)
    form = ContactForm({**values_of(), "submission": ContactForm().fields["submission"].initial})
    form.fields["topic"].choices = [("Services", "Services")]
    assert form.is_valid(), form.errors
    assert "phone" not in form.personal()
    with (
        pytest.raises(Refused, match="no clause collects"),
        using("answering-enquiries", by=SYSTEM, at="contact-us"),
    ):
        Enquiry(topic="Services", owner_id="0" * 32, phone=ALICE["phone"])


def test_the_reason_under_a_field_is_the_statements(edit_statement: Edit) -> None:
    why = ContactForm().fields["phone"].help_text
    assert str(why).startswith("We ask for this so that ")
    words = str(why).removeprefix("We ask for this ").removesuffix(".")
    edit_statement(
        f'phone "Phone number" because "{words}"', 'phone "Telephone" because "so that we can ring you"'
    )
    field = ContactForm().fields["phone"]
    assert (field.label, field.help_text) == ("Telephone", "We ask for this so that we can ring you.")


def test_a_field_is_taken_in_at_its_own_place_only() -> None:
    keys_before = DataKey.objects.count()
    for place in (None, "outgoing-mail", "nowhere"):
        with pytest.raises(Refused), using("answering-enquiries", by=SYSTEM, at=place):
            Enquiry(topic="Services", owner_id="0" * 32, message="Hello")
    assert DataKey.objects.count() == keys_before and not Enquiry.objects.exists()


def test_opening_the_form_takes_nothing_in(victor: Client) -> None:
    victor.get("/contact/")
    assert not Entry.objects.exists() and not DataKey.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "pay with 378282246310005 please",
        "My order 12 4111 1111 1111 1111",
        "4111 1111 1111 1111 12/27",
        "4111.1111.1111.1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111  1111  1111  1111",
        "4111\n1111\n1111\n1111",
        "٤١١١١١١١١١١١١١١١",
        "6011000990139424",
        "4222222222222",
        "+4111 1111 1111 1111",
        "5555555555554444",
        "2223003122003222",
        "30569309025904",
        "3566002020360505",
        "6200000000000005",
        "5018000000000009",
    ],
)
def test_a_card_number_is_seen_however_it_is_written(text: str) -> None:
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "+1 202 555 0142",
        "4111 1111 1111 1112",
        "0000000000000000",
        "We opened in 1998 and have 4000 customers.",
        "",
        "2026-11-22 17:31:05",
        "+49 151 10000119",
        "Ring me at +4915110000119, please.",
        "+86 138 1234 5678",
        "order 1000000000000008",
    ],
)
def test_other_numbers_pass(text: str) -> None:
    assert not holds_card_number(text)


def test_no_telephone_number_is_taken_for_a_card() -> None:
    numbers = [f"+49 151 {number:08}" for number in range(10_000_000, 10_000_300)]
    numbers += [f"+86 138 {number:04} 5678" for number in range(1000, 1300)]
    assert not [number for number in numbers if holds_card_number(number)]
    assert not [number for number in numbers if "phone" in contact(phone=number).errors]
    assert "phone" in contact(phone="+4111 1111 1111 1111").errors, (
        "a plus makes no telephone number of a card"
    )


def contact(**changes: str) -> ContactForm:
    return ContactForm({**values_of(**changes), "submission": ContactForm().fields["submission"].initial})


def test_a_long_run_of_digits_is_searched_in_no_time() -> None:
    begun = time.process_time()
    holds_card_number("1 " * 2500), holds_card_number("1" * 5000), holds_card_number("1-" * 2500 + "x")
    assert time.process_time() - begun < 1.0


def test_a_token_of_another_place_or_made_up_is_refused() -> None:
    for token in (
        "x",
        "",
        signing.dumps("a" * 32, salt="enquiry-thread"),
        signing.dumps("a" * 32, salt="contact-us") + "x",
    ):
        form = ContactForm({**values_of(), "submission": token})
        assert not form.is_valid() and "submission" in form.errors
