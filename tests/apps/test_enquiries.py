"""One enquiry, from the form to its deletion, as each of the cast sees it."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import ALICE, CHARLIE, durable, enquiry_of, link_in, values_of
from troth.apps.enquiries import shown
from troth.apps.enquiries.models import Enquiry, Reply
from troth.gate.journal.integrating import integrate
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore import keys
from troth.gate.outbound.models import Message
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM, using
from troth.gate.uses.history import Used

pytestmark = durable


def fill_in(client: Client, **changes: str):  # type: ignore[no-untyped-def]
    """Send the contact form as a browser does: with the hidden field of the page."""
    page = client.get("/contact/").content.decode()
    token = re.search(r'name="submission" value="([^"]+)"', page)
    assert token
    return client.post("/contact/", {**values_of(**changes), "submission": token[1]})


def mail_of(enquiry: Enquiry, number: int = 0) -> str:
    with using("sending-mail", by=SYSTEM):
        return str(Message.objects.filter(owner=enquiry.owner_id).order_by("queued_at")[number].body)


def thread_of(client: Client, enquiry: Enquiry) -> str:
    """Open the private link; the address of the thread's page."""
    path = link_in(mail_of(enquiry)).split("localhost", 1)[1].partition("/")[2]
    return client.get(f"/{path}")["Location"]


def test_it_works(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    assert fill_in(victor).status_code == 302
    enquiry = Enquiry.objects.get()
    sales = sign_in("sales")
    assert ALICE["email"] in sales.get("/office/enquiries/").content.decode()
    page = sales.get(reverse("enquiry", args=[enquiry.pk])).content.decode()
    assert ALICE["message"] in page
    submission = re.search(r'name="submission" value="([^"]+)"', page)
    sales.post(
        reverse("enquiry-answer", args=[enquiry.pk]),
        {"message": "Begin with Records.", "submission": submission[1]},
    )
    integrate()
    seen = victor.get(thread_of(victor, enquiry)).content.decode()
    assert "Begin with Records." in seen and "Sales staff" in seen and "Doing what you asked for" in seen
    assert "Begin with Records." in mail_of(enquiry, 1)


def test_a_second_press_of_the_button_makes_no_second_enquiry(victor: Client) -> None:
    page = victor.get("/contact/").content.decode()
    sent = {**values_of(), "submission": re.search(r'name="submission" value="([^"]+)"', page)[1]}
    for _ in range(3):
        assert victor.post("/contact/", sent).status_code == 302
    assert Enquiry.objects.count() == 1 and Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "no address"}, "valid email"),
        ({"email": "a@b.example\r\nBcc: all@b.example"}, ""),
        ({"name": "Alice\nBcc: x@y.example"}, "one line"),
        ({"company": "A\x0bB"}, "one line"),
        ({"phone": "call me"}, "telephone number"),
        ({"message": "my card is 4111 1111 1111 1111"}, "card number"),
        ({"message": "x" * 5001}, "5000"),
        ({"message": ""}, "fill in"),
        ({"topic": "Secrets"}, "one of the topics"),
        ({"submission": "forged"}, "open for too long"),
    ],
)
def test_bad_input_is_refused_at_the_field_and_not_stored(
    victor: Client, changes: dict[str, str], words: str
) -> None:
    page = victor.get("/contact/").content.decode()
    token = re.search(r'name="submission" value="([^"]+)"', page)[1]
    answer = victor.post("/contact/", {**values_of(), "submission": token, **changes})
    assert answer.status_code == 422 and words in answer.content.decode()
    assert not Enquiry.objects.exists() and not DataSubject.objects.filter(kind="person").exists()


def test_who_wants_to_be_called_says_under_which_number(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    assert fill_in(victor, wants_call="on", phone="").status_code == 422 and Enquiry.objects.count() == 0
    assert fill_in(victor, wants_call="on").status_code == 302
    row = Enquiry.objects.get()
    assert (
        row.wants_call
        and "Asked to be called" in sign_in().get(f"/office/enquiries/{row.pk}/").content.decode()
    )
    fill_in(victor, phone="")
    assert Enquiry.objects.filter(wants_call=False).count() == 1


def test_charlie_cannot_see_alices_thread(victor: Client) -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    thread_of(victor, charlie)
    entry = Share.objects.filter(subject=alice.owner_id.hex).first().entry
    for path in (
        reverse("thread", args=[alice.pk]), reverse("thread-delete", args=[alice.pk]), reverse("receipt", args=[entry]),
        reverse("receipt-json", args=[entry]),
    ):  # fmt: skip
        assert victor.get(path).status_code == 404
    assert victor.post(reverse("thread-delete", args=[alice.pk])).status_code == 404
    assert victor.post(reverse("thread-reply", args=[alice.pk]), {"message": "x"}).status_code == 404


def test_a_wrong_link_says_the_same_as_a_dead_one(victor: Client) -> None:
    assert victor.get("/enquiries/open/" + "A" * 43 + "/").status_code == 410


@pytest.mark.parametrize("role", ["privacy-officer", "administrator", "owner"])
def test_roles_the_clause_does_not_name_do_not_read_enquiries(sign_in, role: str) -> None:  # type: ignore[no-untyped-def]
    enquiry, client = enquiry_of(), sign_in(role)
    for path in ("/office/enquiries/", reverse("enquiry", args=[enquiry.pk])):
        answer = client.get(path)
        assert answer.status_code == 403 and ALICE["email"] not in answer.content.decode()


def test_visitors_are_sent_to_sign_in(victor: Client) -> None:
    assert "/accounts/login/" in victor.get("/office/enquiries/")["Location"]


def test_an_address_is_found_by_any_spelling_and_never_stands_in_a_url(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    enquiry_of(CHARLIE)
    page = sign_in("support").post("/office/enquiries/", {"email": " Charlie@CHEN.example"}).content.decode()
    assert "Charlie Chen" in page and "Alice Archer" not in page


def test_deleting_erases_thread_mail_and_details(victor: Client) -> None:
    enquiry = enquiry_of()
    thread = thread_of(victor, enquiry)
    victor.get(thread)
    assert victor.get(f"{thread}delete/").status_code == 200
    assert victor.post(f"{thread}delete/").status_code == 200
    assert not Enquiry.objects.exists() and not Message.objects.exists() and not Reply.objects.exists()
    assert not DataSubject.objects.filter(pk=enquiry.owner_id).exists()
    assert not Share.objects.filter(subject=enquiry.owner_id.hex).exists()
    assert Entry.objects.latest("seq").kind == 6
    assert victor.get(thread).status_code == 404


def test_staff_see_each_look_on_record(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry, client = enquiry_of(), sign_in("sales")
    for _ in range(2):
        client.get(reverse("enquiry", args=[enquiry.pk]))
    page = victor.get(thread_of(victor, enquiry)).content.decode()
    assert page.count("<strong>Sales staff</strong>") == 1 and "and 1 time before" in page


def test_what_happened_in_one_second_is_shown_in_its_order() -> None:
    def at(second: int, act: str, entry: str) -> Used:
        when = datetime(2026, 5, 1, 12, 0, second, tzinfo=UTC)
        return Used(entry, when, "sales-staff", "answering-enquiries", (), (), (), (), act, "", "", True)

    # The record comes newest first: two looks, the second in the same second as the message that went after it.
    record = [at(2, "disclosed", "c"), at(2, "read", "b"), at(1, "read", "a")]
    told = shown.uses(record)
    assert [(each["kind"], each["entry"], len(each["more"])) for each in told] == [
        ("read", "b", 1),
        ("sent", "c", 0),
    ]


def test_an_erasure_under_way_takes_one_line_from_the_inbox_and_not_the_page(sign_in) -> None:  # type: ignore[no-untyped-def]
    alice = enquiry_of()
    enquiry_of(CHARLIE)
    keys.intend_erasure(alice.owner_id.hex)
    answer = sign_in("sales").get("/office/enquiries/")
    assert answer.status_code == 200
    assert "Charlie Chen" in answer.content.decode() and "Alice Archer" not in answer.content.decode()


def test_the_office_shows_mail_without_the_private_link(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    page = sign_in("owner").get(reverse("office-message", args=[Message.objects.get().pk])).content.decode()
    assert "/enquiries/open/…" in page
    assert link_in(mail_of(enquiry)).rstrip("/").rpartition("/")[2] not in page


def test_a_host_that_does_not_link_takes_no_form(victor: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_LINKED_HOSTS = frozenset({"community.localhost"})
    assert fill_in(victor).status_code == 403
    assert not Enquiry.objects.exists()
