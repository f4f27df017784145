"""One's own pages, as each of the cast sees them: what we hold, who used it, who received it, choices, receipts."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.apps.privacy_people import ALICE, CHARLIE, browser, person
from tests.cast import durable, enquiry_of
from troth.apps.enquiries.models import Enquiry
from troth.gate.export.models import Export
from troth.gate.ids import uuid7
from troth.gate.journal import log
from troth.gate.journal.integrating import integrate
from troth.gate.journal.models import Entry, Share
from troth.gate.outbound.mail import deliver_due
from troth.gate.subjects import limits
from troth.gate.subjects.merging import merge
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.verify.__main__ import main as verify

pytestmark = durable

SignIn = Callable[[str], Client]
PAGES = (
    "own-privacy", "own-held", "own-uses", "own-received", "own-choices", "own-export", "own-export-ask", "own-erase",
)  # fmt: skip
POSTS = ("own-choose", "own-export-ask", "own-erase")
ONE = uuid7()


def text(client: Client, name: str, *args: Any, **query: str) -> str:
    """A page as its reader sees it: words, with single spaces."""
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200, answer
    body = re.sub(r"<head>.*?</head>|<footer.*?</footer>", "", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def addresses_of_one(entry: str, export: Any) -> list[str]:
    """Every address of these pages that names one thing of somebody's."""
    return [
        reverse("own-receipt", args=[entry]), reverse("own-receipt-json", args=[entry]),
        reverse("own-export-file", args=[export]), f"/api/v1/me/receipts/{entry}", f"/api/v1/me/exports/{export}",
        f"/api/v1/me/exports/{export}/archive", f"/api/v1/me/uses?cursor={entry}",
    ]  # fmt: skip


def test_what_we_hold_is_shown_with_its_reason_place_and_time() -> None:
    alice = browser(person())
    page = text(alice, "own-held")
    for value in ("Alice Archer", "Archer Pottery", "1 Kiln Lane", "+12025550101", "alice@archer.example"):
        assert value in page
    assert (
        "so that we know whom we are talking to" in page
        and "Kept at most as long as your account" in page
        and "Contact data" in page
    )


def test_the_first_page_says_how_much_and_opens_nothing() -> None:
    hers = browser(person())
    text(hers, "own-privacy")
    before = Entry.objects.count()
    page = text(hers, "own-privacy")
    assert re.search(r"We hold \d+ records about you", page) and "Nobody but you" in page
    assert "You have not limited" in page and "Nobody outside the company" in page
    assert ALICE["email"] not in page and Entry.objects.count() == before


def test_staffs_look_at_an_enquiry_shows_up_once_the_enquiry_is_proven_hers(sign_in: SignIn) -> None:
    alice, enquiry = person(), enquiry_of()
    sign_in("sales").get(reverse("enquiry", args=[enquiry.pk]))
    hers = browser(alice)
    assert "Sales staff" not in text(hers, "own-uses")
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    uses = text(hers, "own-uses")
    assert re.search(r"Sales staff \(CZ\) read .*Message.* for answering an enquiry", uses)
    assert "Doing what you asked for" in uses and "on record. The last one" in text(hers, "own-privacy")
    assert ALICE["message"] in text(hers, "own-held")


def test_uses_are_found_by_role_purpose_and_kind(sign_in: SignIn) -> None:
    alice, enquiry = person(), enquiry_of()
    sign_in("sales").get(reverse("enquiry", args=[enquiry.pk]))
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers = browser(alice)
    text(hers, "own-held")
    assert "You read" not in text(hers, "own-uses") and "You read" in text(hers, "own-uses", role="everybody")
    assert "Our systems took in" not in text(hers, "own-uses", role="sales")
    assert "Sales staff (CZ)" not in text(hers, "own-uses", purpose="showing-own-data")
    taken = text(hers, "own-uses", kind="2")
    assert "took in" in taken and "Sales staff (CZ)" not in taken
    assert "Nothing like that" in text(hers, "own-uses", kind="5")
    assert "is not one of the available choices" in text(hers, "own-uses", role="nobody-such")


def test_a_long_record_comes_in_pages_of_fifty() -> None:
    alice = person()
    for _ in range(52):
        with using(
            "showing-own-data", by=Actor("data-subject", alice.owner_id), given=OwnData(alice.owner_id)
        ):
            assert alice.name
    hers = browser(alice)
    first, second = (text(hers, "own-uses", role="everybody", page=number) for number in ("1", "2"))
    assert first.count("Receipt for") == 50 and 0 < second.count("Receipt for") < 50
    assert text(hers, "own-uses", role="everybody", page="nonsense").count("Receipt for") == 50


def test_who_received_it_names_recipient_country_and_fields() -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers = browser(alice)
    assert "Nothing about you has left the company" in text(hers, "own-received")
    deliver_due()
    page = text(hers, "own-received")
    assert "The mail carrier" in page and "E-mail address" in page and re.search(r"\b[A-Z]{2}\b", page)


def test_a_receipt_is_checked_by_the_offline_checker(sign_in: SignIn, tmp_path: Any) -> None:
    alice, enquiry = person(), enquiry_of()
    sign_in("sales").get(reverse("enquiry", args=[enquiry.pk]))
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    integrate()
    hers = browser(alice)
    page = hers.get(reverse("own-uses"), {"role": "sales"}).content.decode()
    entry = re.search(r"receipts/([0-9a-f]{32})/", page)[1]  # type: ignore[index]
    shown = text(hers, "own-receipt", entry)
    assert "in the log" in shown and "Sales staff" in shown and "Check it without us" in shown
    file = hers.get(reverse("own-receipt-json", args=[entry])).content
    for name, data in (("receipt", file), ("head", json.loads(file)["log"]["checkpoint"].encode())):
        (tmp_path / name).write_bytes(data)
    arguments = [str(tmp_path / "receipt"), str(tmp_path / "head"), "--vkey", log.vkey()]
    assert verify(arguments) == 0
    (tmp_path / "receipt").write_bytes(file.replace(b'\\"sales\\"', b'\\"owner\\"'))
    assert verify(arguments) == 1


def test_a_receipt_waits_for_the_log_in_words() -> None:
    alice = person()
    entry = Share.objects.filter(subject=alice.owner_id.hex).first().entry  # type: ignore[union-attr]
    assert "waiting for the log" in text(browser(alice), "own-receipt", entry)


def test_the_receipt_page_brings_the_script_and_names_what_it_needs() -> None:
    alice = person()
    entry = Share.objects.filter(subject=alice.owner_id.hex).first().entry  # type: ignore[union-attr]
    page = browser(alice).get(reverse("own-receipt", args=[entry])).content.decode()
    assert re.search(r'<script src="[^"]+/receipt\.js" defer></script>', page) and 'role="status"' in page
    for name, value in (
        ("receipt", reverse("own-receipt-json", args=[entry])), ("vkey", "/.well-known/troth/log/1/vkey"),
        ("heads", "/.well-known/troth/log/1/checkpoint/"),
    ):  # fmt: skip
        assert f'data-{name}="{value}"' in page


def test_a_choice_stops_staff_at_once_and_lifting_it_lets_them_in_again(sign_in: SignIn) -> None:
    alice, enquiry = person(), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    hers, sales, desk = browser(alice), sign_in("sales"), reverse("enquiry", args=[enquiry.pk])
    assert sales.get(desk).status_code == 200
    hers.post(reverse("own-choose"), {"act": "restrict"})
    assert "Your data is kept, and not used" in text(hers, "own-choices")
    refused = sales.get(desk)
    assert refused.status_code == 403 and ALICE["message"] not in refused.content.decode()
    assert "was refused" in text(hers, "own-uses", kind="5")
    hers.post(reverse("own-choose"), {"act": "lift", "limit": str(limits.of(alice.owner_id)[0].pk)})
    assert sales.get(desk).status_code == 200 and "Nothing. We use your data" in text(hers, "own-choices")


def test_an_objection_is_to_one_purpose_and_offered_no_more() -> None:
    alice = person()
    hers = browser(alice)
    hers.post(reverse("own-choose"), {"act": "object", "purpose": "showcasing"})
    page = text(hers, "own-choices")
    assert "Not used for showing our Customers" in page and "Object to showing our Customers" not in page
    assert "Not used for showing our Customers" in text(hers, "own-privacy")


@pytest.mark.parametrize(
    "sent",
    [{"act": "object", "purpose": "signing-in"}, {"act": "forget"}, {}, {"act": "lift", "limit": "-1"}],
)
def test_a_choice_nobody_offered_changes_nothing(sent: dict[str, str]) -> None:
    alice = person()
    assert browser(alice).post(reverse("own-choose"), sent).status_code == 302
    assert not limits.of(alice.owner_id)


def test_charlie_lifts_nothing_of_alices() -> None:
    alice, charlie = person(), person(CHARLIE)
    limit = limits.restrict(alice.owner_id, SYSTEM)
    browser(charlie).post(reverse("own-choose"), {"act": "lift", "limit": str(limit.pk)})
    assert len(limits.of(alice.owner_id)) == 1


def test_data_is_corrected_in_place_with_its_history() -> None:
    alice = person()
    hers = browser(alice)
    answer = send(hers, "phone", phone="+1 202 555 0199")
    assert answer.status_code == 302
    assert "+1 202 555 0199" in text(hers, "own-held") and "+12025550101" not in text(hers, "own-held")
    history = text(hers, "own-correct", "phone")
    assert "Your account" in history and "Phone number" in history


def send(client: Client, group: str, **values: str) -> Any:
    """Send a correction as the page's form does."""
    page = client.get(reverse("own-correct", args=[group])).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(submission)" value="([^"]+)"', page))
    return client.post(reverse("own-correct", args=[group]), {**hidden, **values})


@pytest.mark.parametrize(
    ("group", "values", "words"),
    [
        ("phone", {"phone": "call me"}, "telephone number"),
        ("address", {"address": "4111 1111 1111 1111"}, "card number"),
        ("name", {"name": "", "company": "Archer Pottery"}, "fill in"),
        ("name", {"name": "Alice\nBcc: x@y.example", "company": "A"}, "one line"),
    ],
)
def test_a_wrong_correction_is_refused_at_the_field(group: str, values: dict[str, str], words: str) -> None:
    alice = person()
    hers = browser(alice)
    answer = send(hers, group, **values)
    assert answer.status_code == 422 and words in answer.content.decode()
    assert "Alice Archer" in text(hers, "own-held") and "+12025550101" in text(hers, "own-held")


def test_there_is_no_group_for_the_address_of_the_sign_in() -> None:
    alice = browser(person())
    assert alice.get(reverse("own-correct", args=["email"])).status_code == 404
    assert send(alice, "phone", phone="+12025550199", email="other@archer.example").status_code == 302
    assert "other@archer.example" not in text(alice, "own-held")


def test_charlie_finds_nothing_of_alices_under_any_address() -> None:
    alice, charlie, enquiry = person(), person(CHARLIE), enquiry_of()
    merge(enquiry.owner_id, alice.owner_id, SYSTEM)
    entry = Share.objects.filter(subject=alice.owner_id.hex).first().entry  # type: ignore[union-attr]
    export = Export(owner_id=alice.owner_id, state="ready", expires_at=timezone.now() + timedelta(days=1))
    export.save(force_insert=True)
    his = browser(charlie, confirmed=True)
    for address in addresses_of_one(entry, export.pk):
        assert his.get(address).status_code == 404, address
    for name in PAGES:
        page = text(his, name)
        assert not [value for value in ALICE.values() if value != CHARLIE["phone"] and value in page
                    and value not in CHARLIE.values()], name  # fmt: skip
    assert not Enquiry.objects.filter(owner=charlie.owner_id).exists()
    told = his.get("/api/v1/me").content.decode() + his.get("/api/v1/me/uses").content.decode()
    assert ALICE["email"] not in told and entry not in told


def test_dana_has_no_pages_here_and_sees_nobodys(sign_in: SignIn) -> None:
    person()
    dana = sign_in("owner")
    for name in PAGES:
        answer = dana.get(reverse(name))
        assert answer.status_code in (302, 403) and ALICE["email"] not in answer.content.decode(), name
    for name in POSTS:
        assert dana.post(reverse(name)).status_code in (302, 403), name
    for path in ("me", "me/uses", "me/exports", "me/choices"):
        assert dana.get(f"/api/v1/{path}").status_code == 401, path


def test_victor_is_sent_to_sign_in(victor: Client) -> None:
    pages = [reverse(name) for name in PAGES] + [reverse("own-correct", args=["name"])]
    for address in (*pages, *(each for each in addresses_of_one("0" * 32, ONE) if "/api/" not in each)):
        assert "/accounts/login/" in victor.get(address)["Location"], address
    for name in POSTS:
        assert "/accounts/login/" in victor.post(reverse(name))["Location"], name
    for each in addresses_of_one("0" * 32, ONE):
        if "/api/" in each:
            assert victor.get(each).status_code == 401, each


def test_no_page_of_ones_own_is_kept_by_a_cache() -> None:
    alice = browser(person(), confirmed=True)
    for name in PAGES:
        assert "no-store" in alice.get(reverse(name))["Cache-Control"], name
    assert "no-store" in alice.get("/api/v1/me")["Cache-Control"]
