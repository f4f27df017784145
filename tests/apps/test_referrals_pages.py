"""The pages of a referral: what is asked, shown and answered, and what nobody learns from them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.accounts.registering import register
from tests.cast import ALICE, CHARLIE, durable
from troth.apps.referrals import flows, letters, sending
from troth.apps.referrals.models import Invitee, Mark, Referral, Referrer, Reward
from troth.gate.journal.models import Entry
from troth.gate.subjects.models import DataSubject

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
FRIEND = {"your_name": "Victor", "friend_name": "Frieda", "friend_email": "frieda@friends.example"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _no_limit_yet() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def submission(page: Any) -> str:
    found = re.search(r'name="submission" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def hand_in(client: Client, step: str = "preview", **changes: str) -> Any:
    said = {**FRIEND, "submission": submission(client.get("/refer/")), "step": step, **changes}
    return client.post("/refer/", said)


def test_the_whole_message_is_shown_and_nothing_is_kept_before_it_goes(victor: Client) -> None:
    before = Entry.objects.count(), DataSubject.objects.count()
    page = hand_in(victor)
    text = page.content.decode()
    assert page.status_code == 200
    for told in (
        "Victor invites you to visit iPlum", "Hello Frieda", "the only message you get", "frieda@friends.example",
        "https://localhost:8443/refer/never/",
    ):  # fmt: skip
        assert told in text
    assert (Entry.objects.count(), DataSubject.objects.count()) == before and not Invitee.objects.exists()


def test_what_is_sent_is_what_was_shown(victor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = hand_in(victor).context["letter"]
    made: list[Any] = []
    real = letters.letter
    monkeypatch.setattr(letters, "letter", lambda *said: made.append(real(*said)) or made[-1])
    assert hand_in(victor, "send").headers["location"] == "/refer/sent/"
    sending.send_due()
    token = re.findall(r"/refer/never/([0-9a-f]{40})/", made[-1].body)[0]
    assert made[-1].body.replace(token, letters.SAMPLE_TOKEN) == shown.body
    assert made[-1].subject == shown.subject


def test_back_to_the_form_loses_nothing(victor: Client) -> None:
    text = hand_in(victor, "change").content.decode()
    assert all(f'value="{value}"' in text for value in FRIEND.values())


def test_the_answer_is_the_same_for_a_friend_invited_before(victor: Client) -> None:
    answers = []
    for name in ("Frieda", "Again"):
        sent = hand_in(victor, "send", friend_name=name)
        page = victor.get(sent.headers["location"])
        text = re.sub(r"never/[0-9a-f]{40}", "never/", page.content.decode())
        answers.append((sent.status_code, page.status_code, text, Invitee.objects.count()))
        sending.send_due()
    assert answers[0] == answers[1] and Mark.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"friend_email": "f" * 310 + "@x.example"}, "at most 254"),
        ({"friend_email": "frieda@friends.example\nBcc: all@x.example"}, "Enter a valid email address"),
        ({"friend_email": '"a b"@friends.example'}, "Enter a valid email address"),
        ({"friend_email": ""}, "Please fill in"),
        ({"friend_name": ""}, "Please fill in"),
        ({"friend_name": "Frieda\nBcc: all@x.example"}, "on one line"),
        ({"your_name": "4111 1111 1111 1111"}, "payment card number"),
        ({"friend_name": "4111 1111 1111 1111"}, "payment card number"),
        ({"your_name": SCRIPT}, "without a link"),
        ({"friend_name": "Win at www.prizes.example"}, "without a link"),
        ({"friend_name": "x" * 61}, "at most 60"),
        ({"submission": "forged"}, "open for too long"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["preview", "send"])
def test_what_cannot_be_sent_is_said_and_nothing_is_kept(
    victor: Client, changes: dict[str, str], said: str, step: str
) -> None:
    page = hand_in(victor, step, **changes)
    text = page.content.decode()
    assert page.status_code == 422 and said in text and SCRIPT not in text
    kept = {**FRIEND, **changes}["friend_name"]
    assert not kept or kept.splitlines()[0] in text
    assert not Invitee.objects.exists()


def test_a_script_in_every_field_stays_text(victor: Client) -> None:
    page = hand_in(victor, your_name=SCRIPT, friend_name=SCRIPT, friend_email=f"{SCRIPT}@x.example")
    assert page.status_code == 422 and SCRIPT not in page.content.decode()


def test_a_second_press_of_the_button_is_no_second_referral(victor: Client) -> None:
    page = victor.get("/refer/")
    said = {**FRIEND, "submission": submission(page), "step": "send"}
    assert [victor.post("/refer/", said).status_code for _ in range(2)] == [302, 302]
    assert Invitee.objects.count() == 1


def test_very_many_from_one_place_are_refused_with_nothing_lost(victor: Client) -> None:
    answers = [hand_in(victor, "send", friend_email=f"{n}@friends.example") for n in range(21)]
    assert [answer.status_code for answer in answers] == [302] * 20 + [429]
    text = answers[-1].content.decode()
    assert "send it again in an hour" in text and "20@friends.example" in text
    assert Invitee.objects.count() == 20


def test_one_account_has_so_many_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troth.apps.referrals.limits.MOST_A_DAY", 1)
    alice = register()
    assert hand_in(alice, "send").status_code == 302
    assert hand_in(alice, "send", friend_email="x@friends.example").status_code == 429


@pytest.mark.parametrize("own", [ALICE["email"], "Alice+me@archer.example"])
def test_ones_own_address_is_no_friends(own: str) -> None:
    page = hand_in(register(), friend_email=own)
    assert page.status_code == 422 and "This is your own address" in page.content.decode()


def test_never_again_is_a_button_and_not_a_look(victor: Client) -> None:
    row = Invitee.objects.get(pk=_referred())
    sending.send_due()
    page = "/refer/never/" + flows.never_token(row.pk) + "/"
    for _ in range(2):
        assert "Never write to me" in victor.get(page).content.decode()
    victor.head(page)
    assert not Mark.objects.get().asked_not_to
    assert victor.post(page).headers["location"] == page
    assert (
        Mark.objects.get().asked_not_to and "You will not hear from us" in victor.get(page).content.decode()
    )
    _referred("frieda+again@friends.example")
    assert sending.send_due() == 0 and Mark.objects.count() == 1


def _referred(address: str = FRIEND["friend_email"]) -> str:
    row = str(DataSubject().pk)
    flows.refer(row, {**FRIEND, "friend_email": address})
    return row


@pytest.mark.parametrize("token", ["0" * 40, letters.SAMPLE_TOKEN, "x"])
def test_a_link_that_is_nobodys_says_so(victor: Client, token: str) -> None:
    assert victor.get(f"/refer/never/{token}/").status_code == 410
    assert victor.post(f"/refer/never/{token}/").status_code == 410


def test_a_visit_is_counted_once_a_session_and_sets_nobody(victor: Client) -> None:
    hand_in(alice := register(), "send")
    link = letters.visit_link(Referrer.objects.get().code)
    victor.head(link)
    assert Referrer.objects.get().visits == 0
    for _ in range(2):
        assert victor.get(link).headers["location"] == "/"
    assert Referrer.objects.get().visits == 1 and victor.get("/account/referrals/").status_code == 302
    page = alice.get("/account/referrals/")
    assert (page.context["sent"], page.context["visited"], page.context["joined"]) == (1, 1, 0)


def test_the_programme_shows_ones_own_numbers_and_never_what_came_of_a_message() -> None:
    alice = register()
    for address in ("frieda@friends.example", "frieda+2@friends.example"):
        hand_in(alice, "send", friend_email=address)
        sending.send_due()
    Reward(owner=Referrer.objects.get().owner, cents=1000, currency="USD").save()
    shown = alice.get("/account/referrals/").context
    assert (shown["sent"], shown["joined"], shown["credits"]) == (2, 1, ["10.00 USD"])
    charlie = register({name: CHARLIE[name] for name in ("name", "company", "address", "phone", "email")})
    assert charlie.get("/account/referrals/").context["sent"] == 0
    assert Referral.objects.count() == 2 and Mark.objects.count() == 1


def test_staff_see_counts_and_what_is_in_doubt(sign_in: Callable[[str], Client]) -> None:
    _referred()
    sending.send_due()
    Mark.objects.update(state="unknown")
    page = sign_in("privacy-officer").get("/office/referrals/")
    text = page.content.decode()
    assert page.status_code == 200 and Mark.objects.get().pk.hex[:8] in text and "May have been sent" in text
    assert "frieda" not in text.lower()
    assert sign_in("sales").get("/office/referrals/").status_code == 403
