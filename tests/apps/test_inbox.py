"""What staff and visitor do with an enquiry after it came: assign, filter, answer, reply, close, each once."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.apps.test_enquiries import thread_of
from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import beside
from troth.accounts.models import StaffMember
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry, Reply
from troth.gate.ids import uuid7
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, OwnData, using

pytestmark = durable
INBOX = "/office/enquiries/"


def press(client: Client, page: str, to: str, message: str) -> dict[str, str]:
    """Send a message by the form on a page; what was sent."""
    token = re.search(r'name="submission" value="([^"]+)"', client.get(page).content.decode())
    assert token
    sent = {"message": message, "submission": token[1]}
    assert client.post(to, sent).status_code == 302
    return sent


def listed(client: Client, **filters: str) -> set[str]:
    """Whose enquiries the inbox shows under these filters."""
    page = client.get(INBOX, filters).content.decode()
    return {each["name"] for each in (ALICE, CHARLIE) if each["name"] in page}


def state_of(enquiry: Enquiry) -> str:
    return str(Enquiry.objects.get(pk=enquiry.pk).state)


def test_an_enquiry_is_assigned_and_given_back(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry, client = enquiry_of(), sign_in("sales")
    dana = StaffMember.objects.get()
    place = reverse("enquiry-assign", args=[enquiry.pk])
    assert client.post(place, {"assignee": str(dana.owner_id)}).status_code == 302
    assert Enquiry.objects.get().assignee_id == dana.owner_id
    assert re.search(r"<td[^>]*>Sales[^<]*\(you\)</td>", client.get(INBOX).content.decode())
    client.post(place, {"assignee": str(uuid7())})
    assert Enquiry.objects.get().assignee_id == dana.owner_id, "whoever is no colleague gets nothing"
    client.post(place, {"assignee": ""})
    assert Enquiry.objects.get().assignee_id is None


def test_each_filter_leaves_what_fits_it_and_nothing_else(sign_in) -> None:  # type: ignore[no-untyped-def]
    alice, _ = enquiry_of(ALICE, topic="Prices"), enquiry_of(CHARLIE, topic="Support")
    client = sign_in("support")
    dana = StaffMember.objects.get()
    flows.assign_enquiry(alice, dana.owner_id)
    flows.close_enquiry(alice)
    assert listed(client) == {"Alice Archer", "Charlie Chen"}
    assert listed(client, state="closed") == listed(client, topic="Prices") == {"Alice Archer"}
    assert listed(client, assignee=str(dana.owner_id)) == {"Alice Archer"}
    assert listed(client, state="open") == listed(client, topic="Support") == {"Charlie Chen"}
    assert listed(client, state="open", topic="Prices") == set()
    assert "Nothing fits these filters" in client.get(INBOX, {"state": "answered"}).content.decode()


def test_a_closed_enquiry_says_so_and_offers_no_second_closing(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry, client = enquiry_of(), sign_in("sales")
    page, close = reverse("enquiry", args=[enquiry.pk]), reverse("enquiry-close", args=[enquiry.pk])
    assert close in client.get(page).content.decode()
    assert client.post(close)["Location"] == INBOX
    assert state_of(enquiry) == "closed" and close not in client.get(page).content.decode()


@pytest.mark.parametrize("verb", ["answer", "assign", "close"])
def test_roles_that_do_not_read_enquiries_do_nothing_with_them(sign_in, verb: str) -> None:  # type: ignore[no-untyped-def]
    enquiry = enquiry_of()
    place = reverse(f"enquiry-{verb}", args=[enquiry.pk])
    assert sign_in("privacy-officer").post(place, {"message": "x", "assignee": ""}).status_code == 403
    assert state_of(enquiry) == "open" and not Reply.objects.exists()


def test_a_visitors_reply_stands_on_both_pages_and_opens_the_enquiry_again(victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry, sales = enquiry_of(), sign_in("sales")
    flows.close_enquiry(enquiry)
    thread = thread_of(victor, enquiry)
    sent = press(victor, thread, reverse("thread-reply", args=[enquiry.pk]), "And what of Files?")
    assert state_of(enquiry) == "open"
    assert "And what of Files?" in victor.get(thread).content.decode()
    assert "And what of Files?" in sales.get(reverse("enquiry", args=[enquiry.pk])).content.decode()
    assert victor.post(reverse("thread-reply", args=[enquiry.pk]), sent).status_code == 302
    assert Reply.objects.count() == 1, "a second press makes no second reply"
    assert Message.objects.count() == 1, "a reply of the visitor sends no mail to the visitor"


def test_a_second_press_on_an_answer_sends_no_second_mail(sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry, client = enquiry_of(), sign_in("sales")
    place = reverse("enquiry-answer", args=[enquiry.pk])
    sent = press(client, reverse("enquiry", args=[enquiry.pk]), place, "Begin with Records.")
    assert state_of(enquiry) == "answered" and Message.objects.count() == 2
    assert client.post(place, sent).status_code == 302
    assert Reply.objects.count() == 1 and Message.objects.count() == 2


def test_two_presses_at_once_are_one_answer_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look before either writes, which is what a double click at a bad moment comes to."""
    enquiry, row, dana = enquiry_of(), uuid7().hex, acting(staff())

    class Blind:
        """The first look finds nothing, as it does before the other press has written."""

        def exists(self) -> bool:
            looks.append(1)
            return len(looks) > 2

    looks: list[int] = []
    monkeypatch.setattr(Reply.objects, "filter", lambda **_: Blind())

    def answer() -> object:
        with using("answering-enquiries", by=dana, given=Enquiry.objects.get(), at="staff-desk"):
            return flows.answer_enquiry(Enquiry.objects.get(), row, "Begin with Records.", dana)

    given = beside(answer, times=2)
    monkeypatch.undo()
    assert sorted(type(each).__name__ for each in given) == ["NoneType", "Reply"], given
    assert Reply.objects.count() == 1 and Message.objects.filter(owner=enquiry.owner_id).count() == 2


def test_a_reply_under_the_id_of_another_thread_changes_neither() -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    row = uuid7().hex
    for enquiry in (alice, charlie):
        with using("answering-enquiries", by=SYSTEM, given=OwnData(enquiry.owner_id), at="enquiry-thread"):
            made = flows.reply_as_visitor(enquiry, row, "Thank you.")
        assert (made is None) == (enquiry == charlie)
    assert Reply.objects.get().owner_id == alice.owner_id
