"""Staff look into a workspace on one of four grounds only; the Customer sees each look at once."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.apps.support_house import Desk, Kept, ask, asked, desk, fill, kept
from tests.cast import durable
from tests.workspaces.customers import (
    ALICE,
    BOB,
    CHARLIE,
    LEDGER,
    access,
    at,
    browser,
    colleague,
    customer,
    mails,
    submission,
    workspace,
)
from troth.accounts.people.models import Person
from troth.apps.support import flows, looking
from troth.apps.support.models import Approval, Looked, ShownPart, Sitting, SupportRequest
from troth.gate.errors import Refused
from troth.workspaces import flows as workspaces
from troth.workspaces import letting_in
from troth.workspaces.access import Access
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return browser(alice, confirmed=True)


@pytest.fixture
def house(here: Access) -> Any:
    made = fill(here, kilns=60, glazes=3)
    with kept(made):
        yield made


@pytest.fixture
def dana(settings: Any) -> Desk:
    settings.TROTH_SECOND_FACTOR = False
    return desk()


def part(house: Kept, name: str) -> Any:
    return next(key for key, each in house.parts.items() if each == name)


def look(row: SupportRequest, *more: Any) -> str:
    return f"/office/looks/{row.number}/{row.owner_id}/" + "".join(f"{each}/" for each in more)


def text(page: Any) -> str:
    return str(page.content.decode())


# -- the Customer asks


def test_a_request_says_what_may_be_seen_and_until_when_and_its_words_lie_sealed(
    here: Access, as_alice: Client, house: Kept
) -> None:
    row = asked(as_alice, here, part(house, "kilns"))
    assert b"kilns are wrong" not in bytes(row.sealed) and row.is_live() and not row.is_whole
    assert [each.part for each in ShownPart.objects.all()] == [part(house, "kilns")]
    listed = text(as_alice.get(at(here, "help/")))
    assert "The kilns are wrong." in listed and "kilns" in listed and row.number in listed
    assert "Nobody yet" in text(as_alice.get(at(here, f"help/{row.number}/")))
    as_alice.post(at(here, f"help/{row.number}/end/"))
    assert not row.is_live() and "Ended" in text(as_alice.get(at(here, "help/")))
    ended = SupportRequest.objects.get().ended_at
    as_alice.post(at(here, f"help/{row.number}/end/"))
    assert SupportRequest.objects.get().ended_at == ended


def test_a_request_ends_by_itself_and_within_fourteen_days(
    here: Access, as_alice: Client, house: Kept
) -> None:
    for late in (timedelta(days=15), timedelta(minutes=-5)):
        end = f"{timezone.now() + late:%Y-%m-%dT%H:%M}"
        assert ask(as_alice, here, "whole", ends_at=end).status_code == 422
    assert ask(as_alice, here, text="", ends_at="soon").status_code == 422
    assert not SupportRequest.objects.exists()
    row = asked(as_alice, here, "whole")
    SupportRequest.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not row.is_live() and "Ended" in text(as_alice.get(at(here, "help/")))


def test_a_second_press_opens_one_request(here: Access, as_alice: Client, house: Kept) -> None:
    sent = submission(as_alice.get(at(here, "help/")))
    for _ in range(2):
        assert ask(as_alice, here, "whole", submission=sent).status_code == 302
    assert SupportRequest.objects.count() == 1


def test_nobody_opens_what_they_may_not_share_or_what_is_not_there(
    here: Access, alice: Person, as_alice: Client, house: Kept
) -> None:
    bob, charlie = colleague(alice), customer(CHARLIE)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    assert browser(bob).get(at(here, "help/")).status_code == 403
    assert browser(charlie).get(at(here, "help/")).status_code == 404
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.SHARE).save(force_insert=True)
    guest = browser(charlie)
    assert "The whole workspace" not in text(guest.get(at(here, "help/")))
    assert ask(guest, here, "whole").status_code == 422
    end = timezone.now() + timedelta(hours=1)
    with pytest.raises(Refused):
        flows.ask(access(charlie, here.workspace), uuid4().hex, "x", end, None)
    with pytest.raises(Refused):
        flows.ask(here, uuid4().hex, "x", end, {uuid4()})
    assert ask(as_alice, here, uuid4()).status_code == 422
    assert not SupportRequest.objects.exists()
    row = asked(as_alice, here, part(house, "kilns"))
    assert guest.post(at(here, f"help/{row.number}/end/")).status_code == 403 and row.is_live()


def test_another_customer_finds_no_request_and_ends_none(here: Access, as_alice: Client, house: Kept) -> None:
    charlie = customer(CHARLIE)
    theirs, row = workspace(charlie, "Chen"), asked(as_alice, here, "whole")
    as_charlie = browser(charlie)
    for to in (here, theirs):
        assert as_charlie.get(at(to, f"help/{row.number}/")).status_code == 404
        as_charlie.post(at(to, f"help/{row.number}/end/"))
        assert row.number not in text(as_charlie.get(at(to, "help/")))
    assert row.is_live()


def test_with_the_workspace_everything_about_looks_goes(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row = asked(as_alice, here, part(house, "glazes"))
    dana.begin(row.number, row.owner_id)
    dana.client.get(look(row, part(house, "glazes")))
    workspaces.delete(here)
    assert not any(model.objects.exists() for model in (SupportRequest, ShownPart, Sitting, Looked))


# -- Dana without a ground


@pytest.mark.parametrize("role", ["support", "administrator", "privacy-officer", "owner", "sales"])
def test_without_a_ground_staff_see_that_a_workspace_exists_and_nothing_in_it(
    here: Access, house: Kept, settings: Any, role: str
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    dana, subject = desk(role), here.workspace.owner_id
    page = dana.client.get("/office/workspaces/")
    assert (str(subject) in text(page)) == (role != "sales") and LEDGER not in text(page)
    for path in ("", "people/", "log/", "help/"):
        assert dana.client.get(f"/workspaces/{subject}/{path}").status_code == 404
    for number in ("S-2222-2222", "I-2222-2222", "L-2222-2222", "X"):
        for path in ("", f"{part(house, 'kilns')}/"):
            assert dana.client.get(f"/office/looks/{number}/{subject}/{path}").status_code in (403, 404)
        for path in ("begin/", "more/"):
            assert dana.client.post(f"/office/looks/{number}/{subject}/{path}").status_code in (403, 404)


@pytest.mark.parametrize("role", ["administrator", "privacy-officer", "owner", "sales"])
def test_a_support_request_is_for_support_alone(
    here: Access, as_alice: Client, house: Kept, settings: Any, role: str
) -> None:
    settings.TROTH_SECOND_FACTOR = False
    row, other = asked(as_alice, here, "whole"), desk(role)
    assert other.client.get("/office/support/").status_code == 403
    assert other.client.get(look(row)).status_code == 403
    assert other.client.post(look(row, "begin"), {"reason": "find", "note": "x"}).status_code == 403
    assert not Sitting.objects.exists()


# -- on a request


def test_everything_is_covered_until_a_reason_is_given(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row = asked(as_alice, here, part(house, "kilns"))
    before = [text(dana.client.get(path)) for path in ("/office/support/", "/office/workspaces/", look(row))]
    assert all(row.number in page for page in before)
    assert not any(word in page for page in before for word in (LEDGER, "kilns are wrong", "Archer"))
    covered = dana.client.get(look(row, part(house, "kilns")), follow=True)
    assert "say first why" in text(covered) and "kilns-0" not in text(covered)
    assert dana.client.post(look(row, "begin"), {"note": "no reason"}).status_code == 422
    assert not Looked.objects.exists() and not mails(ALICE["email"])
    assert dana.begin(row.number, row.owner_id).status_code == 302
    page = text(dana.client.get(look(row)))
    assert "The kilns are wrong." in page and "kilns" in page and "Customer sees each look" in page
    shown = text(dana.client.get(look(row, part(house, "kilns"))))
    assert "kilns-0" in shown and "kilns-24" in shown and "kilns-25" not in shown and row.number in shown


def test_the_customer_sees_each_look_at_once_with_its_ground_and_gets_one_mail(
    here: Access, alice: Person, as_alice: Client, house: Kept, dana: Desk
) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    row = asked(as_alice, here, part(house, "kilns"))
    told = len(mails(BOB["email"]))
    sent = {
        "reason": "find",
        "note": "A look at the glaze.",
        "submission": submission(dana.client.get(look(row))),
    }
    for _ in range(2):
        assert dana.client.post(look(row, "begin"), sent).status_code == 302
    for before, page in (("", "1"), ("and 1 time before", "x")):
        assert dana.client.get(look(row, part(house, "kilns")) + f"?page={page}").status_code == 200
        log = text(as_alice.get(at(here, "log/")))
        assert log.count(f"on support request {row.number}") == 2  # the reason, and the look
        assert before in log and ("time before" in log) == bool(before)
    second = asked(as_alice, here, "whole")
    dana.begin(second.number, second.owner_id)
    dana.client.get(look(second))  # what it says
    assert (
        f'read Records <span class="soft">for helping you when you ask for help, on support request {second.number}'
        in text(as_alice.get(at(here, "log/")))
    )
    assert "upport staff</strong> (CZ)" in log and "noted why they look" in log
    (subject, body), _ = mails(ALICE["email"])
    assert "look into your workspace" in subject and "support staff" in body and row.number in body
    assert not any(word in body for word in (LEDGER, "kilns", "glaze", "Dana"))
    assert len(mails(BOB["email"])) == told  # a viewer manages nothing
    kept_note = text(as_alice.get(at(here, f"help/{row.number}/")))
    assert "A look at the glaze." in kept_note and "50 items seen" in kept_note


def test_a_look_reaches_no_further_than_was_chosen(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    other = workspace(customer(CHARLIE), "Chen")
    row = asked(as_alice, here, part(house, "glazes"))
    dana.begin(row.number, row.owner_id)
    assert dana.client.get(look(row, part(house, "kilns"))).status_code == 403
    assert dana.client.get(look(row, uuid4())).status_code == 403
    for path in ("", f"{part(house, 'glazes')}/"):
        elsewhere = f"/office/looks/{row.number}/{other.workspace.owner_id}/{path}"
        assert dana.client.get(elsewhere).status_code == 403
    assert "kilns" not in text(dana.client.get(look(row))).replace("The kilns are wrong.", "")
    assert LEDGER not in text(dana.client.get(look(row)))
    way = looking.Way(dana.actor, looking_kind("S"), row, row.owner_id)
    house.read = lambda part, *_: (["x"], [[house.rows[key][0].text] for key in house.rows], 2)  # type: ignore[method-assign]
    with kept(house), pytest.raises(Refused):  # a part that shows what lies in another one
        looking.look(way, part(house, "glazes"), 1)
    assert sum(each.items for each in Looked.objects.all()) == 0


def looking_kind(letter: str) -> Any:
    from troth.apps.support.grounds import KINDS

    return KINDS[letter]


def test_the_whole_workspace_is_open_where_its_owner_said_so(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row = asked(as_alice, here, "whole")
    dana.begin(row.number, row.owner_id)
    assert "glazes" in text(dana.client.get(look(row)))
    for name in ("kilns", "glazes"):
        assert f"{name}-0" in text(dana.client.get(look(row, part(house, name))))
    assert "cannot be looked at" in text(dana.client.get(look(row, uuid4()), follow=True))


@pytest.mark.parametrize("how", ["ended", "lapsed"])
def test_an_ended_request_shows_nothing_any_more(
    here: Access, as_alice: Client, house: Kept, dana: Desk, how: str
) -> None:
    row = asked(as_alice, here, "whole")
    dana.begin(row.number, row.owner_id)
    form = submission(dana.client.get(look(asked(as_alice, here, "whole"))))
    SupportRequest.objects.filter(pk=row.pk).update(
        **{"ended_at" if how == "ended" else "ends_at": timezone.now()}
    )
    for path in (look(row), look(row, part(house, "kilns"))):
        gone = dana.client.get(path, follow=True)
        assert gone.redirect_chain[-1][0] == "/office/workspaces/"
        assert "has ended" in text(gone) and "kilns-" not in text(gone) and "wrong" not in text(gone)
    dana.client.post(look(row, "begin"), {"reason": "find", "note": "x", "submission": form})
    assert Sitting.objects.count() == 1
    assert row.number not in text(dana.client.get("/office/support/"))


def test_a_reason_counts_for_an_hour_for_one_person(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row, shown = asked(as_alice, here, "whole"), part(house, "glazes")
    dana.begin(row.number, row.owner_id)
    assert "say first why" in text(desk("support", "dora").client.get(look(row, shown), follow=True))
    Sitting.objects.update(begun_at=timezone.now() - timedelta(minutes=61))
    assert "say first why" in text(dana.client.get(look(row, shown), follow=True))


def test_who_ends_a_request_while_somebody_looks_waits_and_then_it_is_over(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row, shown = asked(as_alice, here, "whole"), part(house, "glazes")
    dana.begin(row.number, row.owner_id)
    ends: list[threading.Thread] = []

    def end() -> None:
        flows.end(here, row.number)
        connections.close_all()

    def read(*args: Any) -> Any:
        ends.append(thread := threading.Thread(target=end))
        thread.start()
        thread.join(0.3)
        assert row.is_live()  # as far as this act can see
        return Kept.read(house, *args)

    house.read = read  # type: ignore[method-assign]
    with kept(house):
        assert "glazes-0" in text(dana.client.get(look(row, shown)))
        ends[0].join(10)
        assert not row.is_live() and "glazes-0" not in text(dana.client.get(look(row, shown), follow=True))
    ended = SupportRequest.objects.get().ended_at
    assert ended is not None and Looked.objects.get().at <= ended and len(ends) == 1


# -- more than one person may see


def test_more_than_fifty_items_within_an_hour_wait_for_somebody_else(
    here: Access, as_alice: Client, house: Kept, dana: Desk
) -> None:
    row = asked(as_alice, here, "whole")
    path = look(row, part(house, "kilns"))
    dana.begin(row.number, row.owner_id)
    dana.client.get(look(row, part(house, "glazes")))
    assert "kilns-24" in text(dana.client.get(path))
    second = text(dana.client.get(path + "?page=2"))
    assert "kilns-46" in second and "kilns-47" not in second and "3 more of this page are left out" in second
    third = dana.client.get(path + "?page=3")
    assert third.status_code == 403 and "kilns-50" not in text(third) and "approve" in text(third)
    for _ in range(2):
        dana.client.post(look(row, "more"))
    waiting = Approval.objects.get()
    assert dana.client.post(f"/office/approvals/{waiting.pk}/").status_code == 403
    boss = desk("administrator", "boss")
    assert row.number in text(boss.client.get("/office/approvals/"))
    boss.client.post(f"/office/approvals/{waiting.pk}/")
    assert "kilns-50" in text(dana.client.get(path + "?page=3"))
    again = boss.client.post(f"/office/approvals/{waiting.pk}/", follow=True)
    assert "approved already" in text(again)
    Approval.objects.update(approved_at=timezone.now() - timedelta(minutes=61))
    assert dana.client.get(path + "?page=3").status_code == 403
    Looked.objects.update(at=timezone.now() - timedelta(minutes=61))
    assert dana.client.get(path + "?page=3").status_code == 200
