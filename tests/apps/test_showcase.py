"""What a person permits stands on a page, word for word; what they do not permit, change or withdraw does not."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.apps.privacy_people import BOB, browser, person
from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from troth.accounts.people.models import Customer, Membership, Person, Role
from troth.apps.showcase import flows, shown
from troth.apps.showcase.models import Publication
from troth.gate.files import disk, stored
from troth.gate.files.models import StoredFile
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import limits
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, Actor, using

pytestmark = durable
OWN, OFFICE, CUSTOMERS, SAID = "/account/publish/", "/office/showcase/", "/customers/", "/testimonials/"
TEXT = "Whoever picks up the telephone knows what was promised."
OTHER = "Nobody knows what was promised."
WORDS = {"text": TEXT, "name": "Alice Archer", "title": "Owner", "company": "Archer Pottery"}


def an_owner(values: dict[str, str] = ALICE, role: str = Role.OWNER) -> Person:
    """Somebody with an account and a company of their own."""
    one, subject = person(values), DataSubject.begin(Kind.CUSTOMER)
    with using("running-an-account", by=SYSTEM, at="registration"):
        Customer(owner=subject, name=values["company"]).save(force_insert=True)
    Membership.objects.create(owner_id=one.owner_id, customer_id=subject.pk, role=role)
    return one


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path


@pytest.fixture
def alice() -> Person:
    return an_owner()


@pytest.fixture
def hers(alice: Person) -> Client:
    return browser(alice)


def send(client: Client, page: str, to: str = "", **values: str) -> Any:
    """Fill in the form of a page as it is shown."""
    found = re.search(r'name="submission" value="([^"]+)"', client.get(page).content.decode())
    return client.post(to or page, {**values, "submission": found[1] if found else ""})


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def offer(client: Client, kind: str = "testimonial", **changes: str) -> str:
    """Write a text; the path of its page."""
    sent = send(client, OWN + "new/", kind=kind, **{**WORDS, **changes})
    assert sent.status_code == 302, sent.content.decode()
    return str(sent["Location"])


def permit(client: Client, page: str) -> Any:
    """Press the button of the preview."""
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', text_of(client, page))
    assert seen
    return client.post(page + "permit/", {"seen": seen[1]})


def accept(sales: Client) -> Any:
    """Press the first button that puts something up."""
    found = re.search(
        r'action="(\S+/accept/)".*?name="seen" value="(\w+)"', text_of(sales, OFFICE), re.DOTALL
    )
    assert found, "nothing to accept"
    return sales.post(found[1], {"seen": found[2]})


def ask(sales: Client, address: str = ALICE["email"], kind: str = "testimonial", text: str = TEXT) -> Any:
    return send(sales, OFFICE, OFFICE + "ask/", address=address, kind=kind, text=text)


def published(client: Client, sales: Client, kind: str = "testimonial") -> str:
    page = offer(client, kind)
    permit(client, page)
    accept(sales)
    return page


def disclosures() -> int:
    return Entry.objects.filter(kind=4, recipient="public").count()


def pk_of(page: str) -> UUID:
    return UUID(page.removeprefix(OWN).strip("/"))


# -- from an offer to a page


@pytest.mark.parametrize(
    ("kind", "path", "otherwise"), [("listing", CUSTOMERS, SAID), ("testimonial", SAID, CUSTOMERS)]
)
def test_what_is_offered_and_permitted_and_wanted_stands_on_its_page(  # type: ignore[no-untyped-def]
    hers: Client, victor: Client, sign_in, kind: str, path: str, otherwise: str
) -> None:
    page = offer(hers, kind)
    assert TEXT in text_of(hers, page) and TEXT not in text_of(victor, path)
    assert "look at it before" in hers.get(permit(hers, page)["Location"]).content.decode()
    assert TEXT not in text_of(victor, path), "we did not say yet that we want it"
    accept(sign_in("sales"))
    stands = text_of(victor, path)
    assert all(word in stands for word in WORDS.values()) and "Published with permission since" in stands
    assert TEXT not in text_of(victor, otherwise)
    exactly = re.compile(r"<(article|figure).*?</\1>", re.DOTALL)
    assert exactly.search(stands)[0] == exactly.search(text_of(hers, page))[0], "the preview is what stands"  # type: ignore[index]


def test_a_request_that_is_permitted_as_it_was_put_stands_at_once(
    hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    assert ask(sales).status_code == 302
    with using("sending-mail", by=SYSTEM):
        letter = Message.objects.get()
        assert letter.address == ALICE["email"] and TEXT not in letter.body
        page = re.findall(r"https://localhost:\d+(\S+)", letter.body)[0]
    assert TEXT in text_of(hers, page) and TEXT not in text_of(victor, SAID)
    assert "under which name" in text_of(hers, page), "a name is asked for first"
    hers.post(
        page + "permit/", {"seen": shown.own_one(Publication.objects.get().owner_id, pk_of(page))["hash"]}
    )  # type: ignore[index]
    assert TEXT not in text_of(victor, SAID)
    assert send(hers, page + "change/", **WORDS).status_code == 302
    assert not any(word in text_of(sales, OFFICE) for word in (WORDS["name"], TEXT)), (
        "hers until she permits it"
    )
    permit(hers, page)
    assert TEXT in text_of(victor, SAID)


def test_other_words_than_we_asked_for_wait_until_we_want_them(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    ask(sales)
    page = f"{OWN}{Publication.objects.get().pk}/"
    send(hers, page + "change/", **{**WORDS, "text": OTHER})
    assert OTHER not in text_of(sales, OFFICE), "what she has not permitted is hers alone"
    permit(hers, page)
    assert OTHER not in text_of(victor, SAID) and OTHER in text_of(sales, OFFICE)
    accept(sales)
    assert OTHER in text_of(victor, SAID)


# -- nothing without the permission


def test_sales_publish_nothing_on_their_own(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    ask(sales)
    offer(hers, text=OTHER)
    for row in Publication.objects.all():
        for seen in ("", row.text_hash, shown.own_one(row.owner_id, row.pk)["hash"]):  # type: ignore[index]
            sales.post(f"{OFFICE}{row.pk}/accept/", {"seen": seen})
            for act in ("permit/", "change/"):
                sales.post(f"{OWN}{row.pk}/{act}", {"seen": seen, **WORDS})
    flows.publish_waiting()
    assert not any(word in text_of(victor, SAID) for word in (TEXT, OTHER)) and not disclosures()
    assert OTHER not in text_of(sales, OFFICE)


def test_what_was_changed_since_it_was_shown_is_not_permitted(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    page = published(hers, sign_in("sales"))
    seen = Publication.objects.get().text_hash
    send(hers, page + "change/", **{**WORDS, "text": OTHER})
    hers.post(page + "permit/", {"seen": seen})
    assert not Publication.objects.get().is_permitted and TEXT not in text_of(victor, SAID)


def test_sales_accept_what_they_read_and_nothing_else(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales, page = sign_in("sales"), offer(hers)
    permit(hers, page)
    read = Publication.objects.get().text_hash
    send(hers, page + "change/", **{**WORDS, "text": OTHER})
    permit(hers, page)
    assert (
        "changed it"
        in sales.get(
            sales.post(f"{OFFICE}{pk_of(page)}/accept/", {"seen": read})["Location"]
        ).content.decode()
    )
    assert OTHER not in text_of(victor, SAID)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("testimonial", {"text": ""}, "fill in"), ("testimonial", {"name": ""}, "fill in"),
        ("listing", {"company": ""}, "company"), ("elsewhere", {}, "choose one"),
        ("testimonial", {"text": "My card is 4111 1111 1111 1111"}, "card number"),
        ("testimonial", {"text": "long " * 200}, "600"),
    ],
    ids=["no text", "no name", "no company", "no such page", "a card", "too long"],
)  # fmt: skip
def test_what_is_not_good_enough_is_said_and_not_kept(
    hers: Client, kind: str, changes: dict[str, str], said: str
) -> None:
    answer = send(hers, OWN + "new/", kind=kind, **{**WORDS, **changes})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Publication.objects.exists()


# -- changing, withdrawing, leaving


def test_a_changed_text_leaves_at_once_and_is_asked_for_anew(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    page = published(hers, sales)
    assert TEXT in text_of(victor, SAID)
    send(hers, page + "change/", **{**WORDS, "text": OTHER})
    assert not any(word in text_of(victor, SAID) for word in (TEXT, OTHER))
    permit(hers, page)
    accept(sales)
    assert OTHER in text_of(victor, SAID) and TEXT not in text_of(victor, SAID)


def test_one_click_takes_it_off_every_page_and_no_cache_keeps_it(
    hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    pages = {kind: published(hers, sales, kind) for kind in ("listing", "testimonial")}
    for path, kind in ((CUSTOMERS, "listing"), (SAID, "testimonial")):
        answer = victor.get(path)
        assert TEXT in answer.content.decode()
        assert "no-store" in answer["Cache-Control"] and answer["X-Robots-Tag"] == "noarchive"
        assert hers.post(pages[kind] + "withdraw/").status_code == 302
        assert TEXT not in text_of(victor, path)
    assert TEXT not in text_of(sales, OFFICE), "staff read it no more either"
    assert not shown._opened
    Publication.objects.update(over_at=timezone.now() - timedelta(days=1, minutes=1))
    end_expired()
    assert not Publication.objects.exists()


def test_a_request_nobody_answers_is_over_and_deleted(hers: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    ask(sales)
    Publication.objects.update(over_at=timezone.now() - timedelta(minutes=1))
    page = f"{OWN}{Publication.objects.get().pk}/"
    assert TEXT not in text_of(sales, OFFICE) and "I permit" not in text_of(hers, page)
    send(hers, page + "change/", **WORDS)
    hers.post(
        page + "permit/", {"seen": shown.own_one(Publication.objects.get().owner_id, pk_of(page))["hash"]}
    )  # type: ignore[index]
    assert not Publication.objects.get().is_permitted
    Publication.objects.update(over_at=timezone.now() - timedelta(days=1, minutes=1))
    end_expired()
    assert not Publication.objects.exists()


def test_whoever_is_erased_is_on_no_page_from_then_on(
    alice: Person, hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    page = published(hers, sign_in("sales"))
    assert TEXT in text_of(victor, SAID) and pk_of(page) in shown._opened
    Membership.objects.all().delete()
    Membership.objects.create(owner=alice.owner, customer=Customer.objects.get().owner, role=Role.MEMBER)
    other = an_owner(CHARLIE)
    Membership.objects.create(owner=other.owner, customer=Customer.objects.first().owner, role=Role.OWNER)  # type: ignore[union-attr]
    erase(alice.owner_id.hex, SYSTEM)
    assert TEXT not in text_of(victor, SAID) and not Publication.objects.exists() and not shown._opened


@pytest.mark.parametrize("limit", ["objection", "restriction"])
def test_an_objection_or_a_restriction_hides_it_until_it_is_lifted(  # type: ignore[no-untyped-def]
    alice: Person, hers: Client, victor: Client, sign_in, limit: str
) -> None:
    sales = sign_in("sales")
    page = published(hers, sales)
    by = Actor("data-subject", alice.owner_id)
    put = (
        limits.object_to(alice.owner_id, "showcasing", by)
        if limit == "objection"
        else limits.restrict(alice.owner_id, by)
    )
    assert TEXT not in text_of(victor, SAID) and TEXT not in text_of(sales, OFFICE)
    assert "nothing of yours is shown" in text_of(hers, page)
    assert "does not want to be asked" in ask(sales).content.decode() and Publication.objects.count() == 1
    send(hers, page + "change/", **WORDS)
    permit(hers, page)
    Publication.objects.update(is_wanted=True)
    assert disclosures() == 1 and flows.publish_waiting() == 0
    limits.lift(alice.owner_id, put.pk, by)
    assert TEXT not in text_of(victor, SAID) and flows.publish_waiting() == 1
    assert TEXT in text_of(victor, SAID) and disclosures() == 2


def test_who_owns_no_company_any_more_is_not_shown_as_a_customer(
    alice: Person, hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    published(hers, sign_in("sales"), "listing")
    assert TEXT in text_of(victor, CUSTOMERS)
    Membership.objects.filter(owner=alice.owner_id).update(role=Role.ADMINISTRATOR)
    assert TEXT not in text_of(victor, CUSTOMERS)
    assert "own no company here any more" in text_of(hers, OWN)


# -- who may


def test_nobody_else_sees_or_touches_what_is_not_permitted_yet(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    page = offer(hers)
    charlie = browser(an_owner(CHARLIE))
    for path in (page, page + "change/"):
        assert charlie.get(path).status_code == 404 and "/accounts/login/" in victor.get(path)["Location"]
    for act in ("permit/", "withdraw/", "change/"):
        assert charlie.post(page + act, {"seen": "0" * 64, **WORDS}).status_code == 404
        assert victor.post(page + act).status_code == 302
    assert Publication.objects.get().state == "draft" and TEXT not in text_of(charlie, OWN)


def test_only_owners_of_a_company_offer_or_are_asked(alice: Person, sign_in) -> None:  # type: ignore[no-untyped-def]
    bob, sales = person(BOB), sign_in("sales")
    Membership.objects.create(owner=bob.owner, customer=Customer.objects.get().owner, role=Role.MEMBER)
    his = browser(bob)
    assert "Offer us something" not in text_of(his, OWN)
    send(his, OWN + "new/", kind="testimonial", **WORDS)
    for address in (BOB["email"], "nobody@nowhere.example"):
        assert "Nobody with this address" in ask(sales, address).content.decode()
    assert not Publication.objects.exists() and not Message.objects.exists()


@pytest.mark.parametrize("role", ["support", "privacy-officer", "administrator", "owner"])
def test_the_desk_is_for_sales_alone(hers: Client, sign_in, role: str) -> None:  # type: ignore[no-untyped-def]
    page, staff = offer(hers), sign_in(role)
    permit(hers, page)
    assert staff.get(OFFICE).status_code == 403
    for path in (OFFICE + "ask/", f"{OFFICE}{pk_of(page)}/accept/", f"{OFFICE}{pk_of(page)}/take-off/"):
        assert staff.post(path, {"seen": Publication.objects.get().text_hash}).status_code == 403
    assert Publication.objects.get().state == "offered"


def test_sales_take_off_what_they_no_longer_want_and_its_owner_is_told(
    hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    page = published(hers, sales)
    sales.post(f"{OFFICE}{pk_of(page)}/take-off/")
    assert TEXT not in text_of(victor, SAID)
    with using("sending-mail", by=SYSTEM):
        assert "not on our pages" in {row.subject for row in Message.objects.all()}.__str__()


def test_a_second_press_of_a_button_asks_and_offers_nothing_twice(hers: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    asked = {"address": ALICE["email"], "text": TEXT}
    for client, page, to, more in (
        (hers, OWN + "new/", OWN + "new/", WORDS), (sales, OFFICE, OFFICE + "ask/", asked),
    ):  # fmt: skip
        before = Publication.objects.count()
        form = re.search(r'name="submission" value="([^"]+)"', text_of(client, page))
        sent = {"kind": "testimonial", "submission": form[1], **more}  # type: ignore[index]
        assert [client.post(to, sent).status_code for _ in range(2)] == [302, 302]
        assert Publication.objects.count() == before + 1


def test_nobody_is_buried_under_requests(alice: Person, sign_in) -> None:  # type: ignore[no-untyped-def]
    sales = sign_in("sales")
    for _ in range(flows.MOST):
        assert ask(sales).status_code == 302
    assert ask(sales).status_code == 422 and Publication.objects.count() == flows.MOST


# -- what is on record


def test_pressing_the_button_twice_permits_and_publishes_once(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    page, seen = published(hers, sign_in("sales")), Publication.objects.get().text_hash
    hers.post(page + "permit/", {"seen": seen})
    assert disclosures() == 1 and TEXT in text_of(victor, SAID)


def test_a_publication_is_on_record_once_and_a_look_is_not(
    alice: Person, hers: Client, victor: Client, sign_in
) -> None:  # type: ignore[no-untyped-def]
    published(hers, sign_in("sales"))
    assert disclosures() == 1
    assert TEXT in text_of(victor, SAID)
    before = Entry.objects.count()
    for _ in range(3):
        assert TEXT in text_of(victor, SAID)
    assert Entry.objects.count() == before
    told = text_of(hers, "/account/privacy/received/")
    assert "Anyone" in told or "anyone" in told


def test_customer_data_and_enquiries_never_come_into_it(hers: Client, victor: Client, sign_in) -> None:  # type: ignore[no-untyped-def]
    enquiry_of()
    published(hers, sign_in("sales"))
    assert ALICE["message"] not in text_of(victor, SAID) + text_of(victor, CUSTOMERS)
    assert {seal.category.split(".")[0] for seal in Publication.seals.values()} == {"showcase"}


# -- the proof


def finding() -> Any:
    return CONTROLS["public.showcase"]()


def test_a_text_edited_after_the_permission_is_shown_nowhere_and_breaks_the_clause(  # type: ignore[no-untyped-def]
    alice: Person, hers: Client, victor: Client, sign_in
) -> None:
    published(hers, sign_in("sales"))
    assert TEXT in text_of(victor, SAID)
    assert (finding().status, finding().figure) == ("kept", "1 published, each as permitted")
    with flows.as_owner(alice.owner_id, writes=True):
        row = Publication.objects.get()
        row.text = OTHER
        row.save()
    assert not any(word in text_of(victor, SAID) for word in (TEXT, OTHER))
    assert finding().status == "broken" and OTHER not in finding().evidence


@pytest.mark.parametrize(
    "edit", [{"kind": "listing"}, {"text_hash": "0" * 64}], ids=["elsewhere", "another hash"]
)
def test_a_permission_edited_at_the_database_shows_nothing(  # type: ignore[no-untyped-def]
    hers: Client, victor: Client, sign_in, edit: dict[str, str]
) -> None:
    published(hers, sign_in("sales"))
    assert TEXT in text_of(victor, SAID)
    Publication.objects.update(**edit)
    assert TEXT not in text_of(victor, SAID) + text_of(victor, CUSTOMERS) and finding().status == "broken"


@pytest.mark.parametrize(
    "edit", [{"permitted_at": None}, {"text_hash": ""}, {"over_at": timezone.now()}], ids="-".join
)
def test_one_that_says_it_is_published_without_a_permission_breaks_the_clause(  # type: ignore[no-untyped-def]
    hers: Client, victor: Client, sign_in, edit: dict[str, Any]
) -> None:
    published(hers, sign_in("sales"))
    Publication.objects.update(**edit)
    assert TEXT not in text_of(victor, SAID) and finding().status == "broken"


# -- logos

PNG = b"\x89PNG\r\n\x1a\n" + b"the pixels of a vase"


def offer_with(
    client: Client, logo: bytes, name: str = "logo.png", page: str = OWN + "new/", **more: str
) -> Any:
    """The form with a file."""
    found = re.search(r'name="submission" value="([^"]+)"', text_of(client, page))
    sent = {**WORDS, "kind": "listing", "submission": found[1], **more}  # type: ignore[index]
    return client.post(page, {**sent, "logo": SimpleUploadedFile(name, logo)} if logo else sent)


def logo_in(page: str) -> str:
    """The path of the picture in a page, on the workspace host."""
    return re.findall(r'<img class="logo" src="https://workspace\.localhost:\d+(/look/[^"]+)"', page)[0]


@pytest.fixture
def workspace_host() -> Client:
    """A visitor's browser at the workspace host."""
    return Secure(SERVER_NAME="workspace.localhost")


def test_a_logo_is_previewed_permitted_shown_and_withdrawn_with_its_text(  # type: ignore[no-untyped-def]
    hers: Client, victor: Client, workspace_host: Client, sign_in
) -> None:
    page, sales = offer_with(hers, PNG)["Location"], sign_in("sales")
    shown_to_her = hers.get(page)
    previewed = workspace_host.get(logo_in(shown_to_her.content.decode()))
    assert previewed.content == PNG and "workspace.localhost" in shown_to_her["Content-Security-Policy"]
    permit(hers, page)
    assert workspace_host.get(logo_in(text_of(sales, OFFICE))).content == PNG
    accept(sales)
    public = victor.get(CUSTOMERS)
    address = logo_in(public.content.decode())
    answer = workspace_host.get(address)
    assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
    assert "no-store" in answer["Cache-Control"] and answer["X-Content-Type-Options"] == "nosniff"
    assert (
        "sandbox" in answer["Content-Security-Policy"]
        and "script-src" not in answer["Content-Security-Policy"]
    )
    assert "workspace.localhost" not in victor.get(SAID)["Content-Security-Policy"], (
        "no picture, no permission"
    )
    assert victor.get(address).status_code == 404, "on the company host there is no such page"
    hers.post(page + "withdraw/")
    assert workspace_host.get(address).status_code == 404 and not shown._opened
    Publication.objects.update(over_at=timezone.now() - timedelta(days=1, minutes=1))
    end_expired()
    assert flows.tidy() == 0, "its text may still be in the making"
    StoredFile.objects.update(stored_at=timezone.now() - timedelta(minutes=11))
    assert flows.tidy() == 1 and not StoredFile.objects.exists()


def test_another_logo_is_asked_for_anew_like_another_word(  # type: ignore[no-untyped-def]
    hers: Client, victor: Client, workspace_host: Client, sign_in
) -> None:
    sales, page = sign_in("sales"), offer_with(hers, PNG)["Location"]
    permit(hers, page)
    accept(sales)
    before = logo_in(text_of(victor, CUSTOMERS))
    assert offer_with(hers, PNG + b" and a jug", page=page + "change/").status_code == 302
    assert TEXT not in text_of(victor, CUSTOMERS) and workspace_host.get(before).status_code == 404
    permit(hers, page)
    accept(sales)
    after = logo_in(text_of(victor, CUSTOMERS))
    assert workspace_host.get(after).content == PNG + b" and a jug" and StoredFile.objects.count() == 1
    assert send(hers, page + "change/", **WORDS).status_code == 302, "none chosen: the logo stays"
    assert StoredFile.objects.count() == 1
    assert send(hers, page + "change/", without_logo="on", **WORDS).status_code == 302
    permit(hers, page)
    accept(sales)
    assert "/look/" not in text_of(victor, CUSTOMERS) and not StoredFile.objects.exists()
    assert workspace_host.get(after).status_code == 404


@pytest.mark.parametrize(
    ("logo", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no picture"),
        (b"<html>", "no picture"), (PNG + bytes(200_000), "too large"),
    ],
    ids=["SVG", "a page", "too large"],
)  # fmt: skip
def test_what_is_no_small_picture_is_refused_whatever_its_name(hers: Client, logo: bytes, said: str) -> None:
    answer = offer_with(hers, logo, "logo.png")
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not StoredFile.objects.exists() and not Publication.objects.exists()


def test_a_logo_put_in_the_place_of_the_permitted_one_is_not_shown(  # type: ignore[no-untyped-def]
    alice: Person, hers: Client, victor: Client, workspace_host: Client, sign_in
) -> None:
    page = offer_with(hers, PNG)["Location"]
    permit(hers, page)
    accept(sign_in("sales"))
    address = logo_in(text_of(victor, CUSTOMERS))
    with flows.as_owner(alice.owner_id, writes=True):
        other = stored.write(alice.owner_id, "logo.png", "image/png", [PNG + b" altered"], "showcase.logo")
    Publication.objects.update(logo=other)
    assert TEXT not in text_of(victor, CUSTOMERS) and workspace_host.get(address).status_code == 404
    assert finding().status == "broken"


def test_the_link_of_a_preview_is_nothing_without_its_signature(hers: Client, workspace_host: Client) -> None:
    address = logo_in(text_of(hers, offer_with(hers, PNG)["Location"]))
    assert workspace_host.get(address[:-5] + "AAAA/").status_code == 404


def test_erasing_a_person_takes_the_logo_off_the_disk(alice: Person, hers: Client) -> None:
    offer_with(hers, PNG)
    path = disk.path(StoredFile.objects.get().token)
    assert path.exists() and PNG not in path.read_bytes()
    Membership.objects.all().delete()
    erase(alice.owner_id.hex, SYSTEM)
    assert not path.exists() and not StoredFile.objects.exists()
