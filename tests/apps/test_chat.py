"""Chat rooms: what is said is seen at once, costs nothing while nothing is said, and goes everywhere when it goes."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.apps.chat_house import KILN, LINES, ask, news_since, say, submission, tag_of, window
from tests.cast import durable
from tests.posting.people import ALICE, BOB, CHARLIE, person
from troth.accounts.people.models import Person
from troth.apps.chat import flows, here, news
from troth.apps.chat.models import STAYS, Presence, Readers, Room
from troth.gate.ids import uuid7
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import holds, limits
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM, Actor
from troth.posting import flows as posting
from troth.posting import moderating, shown
from troth.posting.drafts import Draft
from troth.posting.flows import Author
from troth.posting.models import Post, Thread

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
SCRIPT = "<script>alert(1)</script>"
DANA = Actor("support", None, "CZ")


@pytest.fixture(autouse=True)
def _nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(news, "FRESH", 0.0)
    news.forget()
    shown.forget()
    yield
    news.forget()


@pytest.fixture
def room() -> Room:
    return flows.make("The kiln", "kiln", "Everything that is hot.")


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


def line(who: Person, room: Room, body: str = "It is hot.", name: str = "Alice A.", **changes: Any) -> Post:
    draft = Draft(name, body, changes.pop("afterwards", "keep"))
    return flows.say(Author(who.owner_id), room, uuid7().hex, draft)


# -- news


def test_what_alice_says_is_there_for_others_without_loading_the_page_again(
    room: Room, alice: Person
) -> None:
    victor = window()
    tag = tag_of(victor)
    assert ask(victor, tag).status_code == 304
    assert say(window(alice), "The kiln holds *its* heat.").status_code == 302
    text = news_since(victor, tag)
    assert "The kiln holds <em>its</em> heat." in text and "Alice A." in text and "data-whole" not in text
    assert "<html" not in text and 'class="error' not in text


def test_only_what_is_new_comes(room: Room, alice: Person) -> None:
    line(alice, room, "The first.")
    victor = window()
    tag = tag_of(victor)
    line(alice, room, "The second.")
    text = news_since(victor, tag)
    assert "The second." in text and "The first." not in text


def test_while_nothing_happens_an_answer_costs_no_question_to_any_store(
    room: Room,
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    line(alice, room)
    monkeypatch.setattr(news, "FRESH", 60.0)
    victor = window()
    tag = tag_of(victor)
    for store in ("default", "keys"):
        with django_assert_num_queries(0, connection=connections[store]):
            assert {ask(victor, tag).status_code for _ in range(20)} == {304}
            assert ask(victor, "").status_code == 200


def test_one_look_serves_all_who_ask_at_the_same_time(
    room: Room, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    victor = window()
    tag = tag_of(victor)
    monkeypatch.setattr(news, "FRESH", 0.25)
    news.watch("kiln").hurry()
    with django_assert_max_num_queries(1):
        assert {ask(victor, tag).status_code for _ in range(10)} == {304}


def test_two_processes_call_the_same_state_the_same_and_a_browser_may_ask_either(
    room: Room, alice: Person
) -> None:
    one, other = news.Watch("kiln"), news.Watch("kiln")
    line(alice, room, "The first.")
    first = one.ask()
    line(alice, room, "The second.")
    assert one.ask().tag == other.ask().tag != first.tag
    differs, all_of_it = (each.answer(each.ask(), first.tag).decode() for each in (one, other))
    assert "The first." not in differs and "The second." in differs
    assert "The first." in all_of_it and "The second." in all_of_it and "data-whole" in all_of_it


def test_a_line_that_comes_late_among_others_is_not_missed(room: Room, alice: Person) -> None:
    """A moderator lets it stand when later ones are there already: whoever asks by time would never see it."""
    links = " ".join(f"https://x{n}.example" for n in range(3))
    waits = line(alice, room, links)
    line(person(BOB), room, "Said later.", "Bob B.")
    victor = window()
    tag = tag_of(victor)
    assert "x1.example" not in victor.get(KILN).content.decode()
    moderating.decide(waits.pk, DANA, stays=True, edition=1)
    text = news_since(victor, tag)
    assert "x1.example" in text and f'data-number="{waits.number}"' in text


@pytest.mark.parametrize("tag", ['"><b>', "0" * 4000, "%00", "../..", "\r\nX-Evil: 1"])
def test_a_state_that_nobody_knows_is_answered_with_all_lines_and_repeated_nowhere(
    room: Room, alice: Person, tag: str
) -> None:
    # Of a visitor some of these are refused before they come here.
    answer = window(alice).get(LINES, {"after": tag, "every": tag}, headers={"X-Here": "x" * 500})
    assert answer.status_code == 200 and b"data-whole" in answer.content
    assert tag not in answer.content.decode() and "X-Evil" not in answer.headers


def test_what_was_seen_last_is_shown_to_nobody_when_no_look_succeeds(
    room: Room, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(alice, room)
    watched = news.watch("kiln")
    watched.ask()
    monkeypatch.setattr(watched, "_look", lambda: (_ for _ in ()).throw(DatabaseError))
    assert window().get(LINES).status_code == 503


def test_while_a_look_takes_long_others_have_what_was_seen_last_for_some_seconds_and_no_longer(
    room: Room,
) -> None:
    watched = news.watch("kiln")
    before, asked = watched.ask(), list[news.State]()

    def ask_too() -> None:
        asked.append(watched.ask())
        connections.close_all()

    other = threading.Thread(target=ask_too)
    with watched._lock:  # somebody looks, and the store does not answer
        assert watched.ask() is before
        watched._whole -= 60
        other.start()
        other.join(0.2)
        assert other.is_alive() and not asked
    other.join()
    assert asked[0].tag == before.tag


def test_another_address_is_another_room_and_the_old_one_is_gone(room: Room) -> None:
    victor = window()
    assert victor.get(KILN).status_code == 200
    flows.change(room, "The kiln", "oven", "Everything that is hot.")
    assert (victor.get(KILN).status_code, victor.get(LINES).status_code) == (404, 404)
    assert victor.get("/chat/oven/").status_code == victor.get("/chat/oven/lines").status_code == 200
    assert victor.get("/chat/nowhere/lines").status_code == 404


# -- what goes, goes from open pages too


def test_a_removed_line_leaves_a_mark_on_every_open_page(room: Room, alice: Person) -> None:
    said = line(alice, room, "I should not have said this.")
    victor = window()
    tag = tag_of(victor)
    posting.remove(alice.owner_id, said.pk)
    text = news_since(victor, tag)
    assert "should not" not in text and "A line was removed by its author" in text
    assert "should not" not in victor.get(KILN).content.decode()


def test_an_answer_that_was_being_made_while_a_line_went_is_given_to_nobody_after_that(
    room: Room, alice: Person
) -> None:
    watch = news.Watch("kiln")
    empty = watch.ask()
    said = line(alice, room, "I should not have said this.")
    before = watch.ask()
    posting.remove(alice.owner_id, said.pk)
    after = watch.ask()
    assert b"should not" in watch.answer(before, empty.tag), "it was asked before the line went"
    assert b"should not" not in watch.answer(after, empty.tag)


def test_states_that_nobody_knows_share_one_answer_and_victor_has_no_page_of_his_own(
    room: Room, alice: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    line(alice, room)
    watch = news.watch("kiln")
    state = watch.ask()
    for number in range(2 * news.REMEMBERED):
        watch.answer(state, f"made up {number}")
    assert len(watch._answers) == 1
    with django_assert_max_num_queries(1):
        assert window().get(LINES, {"own": "", "after": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("wish", "there", "not_there"),
    [
        ("keep", ("It is hot.", "Alice A."), ()),
        ("unsigned", ("It is hot.", "Somebody who left"), ("Alice A.",)),
        ("remove", ("A line was removed",), ("It is hot.", "Alice A.")),
    ],
)
def test_whoever_leaves_takes_along_what_they_said_they_would(
    room: Room, alice: Person, wish: str, there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    line(alice, room, afterwards=wish)
    victor = window()
    tag = tag_of(victor)
    erase(alice.owner_id.hex, SYSTEM)
    text = news_since(victor, tag) if wish != "keep" else ""
    page = victor.get(KILN).content.decode()
    assert all(words in page for words in there) and not any(words in page + text for words in not_there)
    assert not Presence.objects.exists() and "Nobody says so just now" in page


def test_whoever_restricts_the_use_of_their_data_is_read_no_more(
    room: Room, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(alice, room)
    victor = window()
    tag = tag_of(victor)
    limits.restrict(alice.owner_id, SYSTEM)
    monkeypatch.setattr(news, "WHOLE", 0.0)
    text = news_since(victor, tag)
    assert "lets nothing of theirs be shown" in text and "It is hot." not in text and "Alice A." not in text
    assert "Alice A." not in victor.get(KILN).content.decode()
    with pytest.raises(flows.NotPosted, match="without using it"):
        flows.join(alice.owner_id, room)


def test_lines_are_deleted_after_thirty_days(room: Room, alice: Person) -> None:
    old, young = line(alice, room, "Long ago."), line(alice, room, "Just now.")
    Post.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=30, minutes=1))
    Post.objects.filter(pk=young.pk).update(made_at=timezone.now() - timedelta(days=29))
    victor = window()
    tag = tag_of(victor)
    before = Entry.objects.filter(purpose="keeping-to-retention").count()
    assert (flows.delete_old(), flows.delete_old()) == (1, 0)
    assert list(Post.objects.values_list("pk", flat=True)) == [young.pk]
    assert f'data-gone="{old.number}"' in news_since(victor, tag)
    assert Entry.objects.filter(purpose="keeping-to-retention").count() == before + 1
    assert "deleted 30 days after" in victor.get(KILN).content.decode()


def test_lines_that_nobody_deletes_break_the_clause(room: Room, alice: Person) -> None:
    said = line(alice, room)
    assert CONTROLS["public.posts"]().status == "kept"
    Post.objects.filter(pk=said.pk).update(made_at=timezone.now() - timedelta(days=31, hours=1))
    found = CONTROLS["public.posts"]()
    assert (found.status, found.figure) == ("broken", "1 lines of chat rooms stand too long")
    flows.delete_old()
    assert CONTROLS["public.posts"]().status == "kept"


def test_a_line_that_the_law_wants_kept_is_read_by_nobody_after_thirty_days(
    room: Room, alice: Person
) -> None:
    old = line(alice, room, "Evidence.")
    holds.place(alice.owner_id, timezone.now() + timedelta(days=90), DANA)
    Post.objects.filter(pk=old.pk).update(made_at=timezone.now() - timedelta(days=31))
    assert flows.delete_old() == 0
    assert Post.objects.get().sealed is not None
    assert "Evidence." not in window().get(KILN).content.decode()


# -- saying something


def test_the_warning_stands_above_the_box_and_its_hash_is_kept_with_the_line(
    room: Room, alice: Person
) -> None:
    page = window(alice).get(KILN).content.decode()
    assert page.index('id="posting-warning"') < page.index('<textarea name="body"')
    assert 'aria-describedby="posting-warning' in page
    assert len(line(alice, room).warning_hash) == 64


def test_a_phone_number_is_pointed_out_and_alice_chooses(room: Room, alice: Person) -> None:
    client = window(alice)
    page = say(client, "Call me at +44 20 7946 0018.")
    text = page.content.decode()
    assert page.status_code == 200 and "Telephone number" in text and not Post.objects.exists()
    seen = page.context["form"].draft.fingerprint
    assert say(client, "Call me at +44 20 7946 0018, or not.", seen=seen).status_code == 200  # another draft
    assert say(client, "Call me at +44 20 7946 0018.", seen=seen).status_code == 302
    assert "7946 0018" in window().get(KILN).content.decode()


def test_a_card_number_is_refused(room: Room, alice: Person) -> None:
    page = say(window(alice), "Mine is 4111 1111 1111 1111")
    assert page.status_code == 422 and "payment card number" in page.content.decode()
    assert not Post.objects.exists()


def test_the_script_gets_a_new_number_for_the_next_line_and_a_page_when_there_is_something_to_read(
    room: Room, alice: Person
) -> None:
    client, by_script = window(alice), {"X-Line": "1"}
    answer = say(client, headers=by_script)
    assert answer.status_code == 201 and answer.json().keys() == {"submission"}
    again = {"body": "And again.", "signed_as": "Alice A.", "afterwards": "keep", **answer.json()}
    assert client.post(KILN, again, headers=by_script).status_code == 201
    assert Post.objects.count() == 2
    assert say(client, "Write to alice@archer.example", headers=by_script).status_code == 200
    assert say(client, "", headers=by_script).status_code == 422


def test_a_form_sent_twice_is_one_line(room: Room, alice: Person) -> None:
    client = window(alice)
    sent = {"submission": submission(client), "body": "Once.", "signed_as": "Alice A.", "afterwards": "keep"}
    assert [client.post(KILN, sent).status_code for _ in range(2)] == [302, 302]
    assert Post.objects.count() == 1


def test_a_script_in_every_field_stays_text(room: Room, alice: Person) -> None:
    say(window(alice), f"{SCRIPT} [x](javascript:alert(1)) ![y](https://x.example/y.png)", SCRIPT)
    flows.make(SCRIPT, "evil", SCRIPT)
    victor = window()
    for path in (KILN, LINES, "/chat/", "/chat/evil/"):
        text = victor.get(path).content.decode()
        assert SCRIPT not in text and 'href="javascript' not in text and 'src="https://x.example' not in text


@pytest.mark.parametrize(
    ("sent", "shown_"),
    [
        ("pay\u202egnp.exe", "paygnp.exe"),
        ("pa\u200byp\u2060al", "paypal"),
        ("a" + "\u0336" * 60, "a" + "\u0336" * 3),
    ],
    ids=["bidi", "zero width", "heap of marks"],
)
def test_what_nobody_can_see_is_taken_out_of_lines_and_of_no_name(
    room: Room, alice: Person, sent: str, shown_: str
) -> None:
    client = window(alice)
    say(client, f"Look: {sent}!")
    say(client, "And my name is the same.", f"N {sent}")
    text = window().get(LINES).content.decode()
    assert f"Look: {shown_}!" in text and sent not in text


@pytest.mark.parametrize("size", [1_001, 1_000_000], ids=["a letter too much", "a megabyte"])
def test_a_line_of_any_length_is_refused_quickly(room: Room, alice: Person, size: int) -> None:
    answer = say(window(alice), "x" * size)
    assert answer.status_code in (413, 422) and not Post.objects.exists()


def test_ten_thousand_lines_a_minute_are_thirty(
    room: Room, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    line(alice, room)
    (first,) = Post.objects.all()
    rows = [
        Post(owner=first.owner, kind="chat", thread=first.thread, number=n, warning_hash="0")
        for n in range(2, 31)
    ]
    Post.objects.bulk_create(rows)
    Thread.objects.update(last=30)
    page = say(window(alice), "One more.")
    assert page.status_code == 422 and "more than 30 in a minute" in page.content.decode()
    assert Post.objects.count() == 30
    assert say(window(person(BOB)), "Bob may.", "Bob B.").status_code == 302


def test_lines_said_at_the_same_moment_all_stand_in_one_order(room: Room, alice: Person) -> None:
    bob = person(BOB)
    failed: list[Exception] = []

    def talk(who: Person, name: str) -> None:
        try:
            for n in range(4):
                line(who, room, f"{name} says {n}.", name)
        except Exception as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connections.close_all()

    both = [threading.Thread(target=talk, args=each) for each in ((alice, "Alice A."), (bob, "Bob B."))]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert not failed
    text = window().get(LINES).content.decode()
    assert sorted(Post.objects.values_list("number", flat=True)) == list(range(1, 9))
    assert all(f"{name} says {n}." in text for name in ("Alice A.", "Bob B.") for n in range(4))


def test_in_a_closed_room_nothing_more_is_said(room: Room, alice: Person) -> None:
    client = window(alice)
    sent = {"submission": submission(client), "body": "Late.", "signed_as": "Alice A.", "afterwards": "keep"}
    tag = tag_of(client)
    flows.close(room, is_closed=True)
    assert "data-closed" in news_since(client, tag)
    page = client.post(KILN, sent)
    assert page.status_code == 422 and not Post.objects.exists()
    assert "This room is closed" in client.get(KILN).content.decode()


def test_whom_moderators_keep_from_posting_says_nothing_and_is_not_here(room: Room, alice: Person) -> None:
    moderating.ban(line(alice, room).pk, 1)
    flows.leave(alice.owner_id, room)
    client = window(alice)
    assert say(client, "I am back.").status_code == 422
    client.post(f"{KILN}join/")
    assert not Presence.objects.exists() and Post.objects.count() == 1


def test_what_bob_reports_waits_in_the_moderators_queue_and_leaves_open_pages(
    room: Room, alice: Person, sign_in: Callable[..., Client]
) -> None:
    said = line(alice, room, "Buy my pots!")
    bob, dana, victor = window(person(BOB)), sign_in("support"), window()
    tag = tag_of(victor)
    assert f'href="/posts/{said.pk}/report/"' in bob.get(KILN).content.decode()
    assert bob.post(f"/posts/{said.pk}/report/", {"reason": "spam"}).status_code == 302
    queue = dana.get("/office/posts/").content.decode()
    assert "Buy my pots!" in queue and f"/chat/kiln/?before={said.number + 1}" in queue
    assert dana.post(f"/office/posts/{said.pk}/decide/", {"stays": "no", "edition": "1"}).status_code == 302
    text = news_since(victor, tag)
    assert "A line was removed by a moderator" in text and "Buy my pots!" not in text


def test_bob_does_not_read_whom_he_does_not_want_to_read(room: Room, alice: Person) -> None:
    bob = person(BOB)
    moderating.block(bob.owner_id, line(alice, room, "Again and again.").pk)
    client = window(bob)
    page = client.get(KILN)
    assert "Again and again." not in page.content.decode() and "data-own" in page.content.decode()
    asked = client.get(f"{LINES}?own&after=x").content.decode()
    assert "Again and again." not in asked and "somebody whom you do not read" in asked
    assert "Again and again." in window().get(LINES).content.decode()


# -- who is here


def test_whoever_says_something_is_here_by_name_and_victor_is_a_number(room: Room, alice: Person) -> None:
    line(alice, room)
    victor = window()
    tag = tag_of(victor)
    for _ in range(5):
        ask(victor, tag)
    watched = news.watch("kiln")
    watched._note(room.pk)
    text = victor.get(KILN).content.decode()
    assert Readers.objects.get().count == 1
    watched.hurry()
    watched._whole = float("-inf")
    text = victor.get(KILN).content.decode()
    assert "Alice A.</li>" in text and "1 reading along" in text


def test_alice_takes_her_name_off_and_puts_it_back(room: Room, alice: Person) -> None:
    line(alice, room)
    client, victor = window(alice), window()
    tag = tag_of(victor)
    assert client.post(f"{KILN}leave/").status_code == 302
    assert "Alice A.</li>" not in news_since(victor, tag)
    given = Entry.objects.filter(kind=4, recipient="public").count()
    client.post(f"{KILN}join/")
    assert "Alice A.</li>" in window().get(LINES).content.decode()
    assert Entry.objects.filter(kind=4, recipient="public").count() == given + 1


def test_somebody_without_a_name_says_something_first(room: Room, alice: Person) -> None:
    answer = window(alice).post(f"{KILN}join/", follow=True)
    assert "Say something first" in answer.content.decode() and not Presence.objects.exists()


def test_a_page_that_asks_keeps_its_owner_here_and_one_that_is_silent_does_not(
    room: Room, alice: Person
) -> None:
    line(alice, room)
    own = Presence.objects.get()
    long_ago = timezone.now() - 2 * STAYS
    Presence.objects.update(seen_at=long_ago)
    victor = window()
    assert "Nobody says so" in victor.get(KILN).content.decode()
    ask(victor, "", **{"X-Here": str(own.pk)})
    news.watch("kiln")._note(room.pk)
    assert Presence.objects.get().seen_at > long_ago
    Presence.objects.update(seen_at=timezone.now() - flows.AWAY)
    assert flows.tidy() == 1 and not Presence.objects.exists()


def test_a_number_that_is_nobodys_keeps_nobody_here_and_fills_no_memory(room: Room, alice: Person) -> None:
    victor = window()
    for _ in range(20):
        ask(victor, "", **{"X-Here": str(uuid7())})
    assert not news.watch("kiln")._seen


def test_of_many_who_are_here_the_list_names_some_and_counts_the_rest(
    room: Room, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "NAMED", 1)
    line(alice, room)
    line(person(BOB), room, name="Bob B.")
    assert "and 1 more" in window().get(KILN).content.decode()


@pytest.mark.parametrize(
    ("count", "words"), [(0, ""), (1, "1"), (10, "10"), (47, "about 50"), (512, "about 500")]
)
def test_a_number_of_readers_is_no_finer_than_it_is_known(count: int, words: str) -> None:
    assert here._about(count) == words


# -- others


def test_victor_reads_and_is_shown_the_way_in_before_he_says_anything(room: Room) -> None:
    victor = window()
    assert "Sign in to say something" in victor.get(KILN).content.decode()
    for path in (KILN, f"{KILN}join/", f"{KILN}leave/"):
        answer = victor.post(path, {"body": "Hello", "signed_as": "Victor", "afterwards": "keep"})
        assert answer.status_code == 302 and "sign-in" in answer.headers["location"]
    assert not Post.objects.exists() and not Presence.objects.exists()


def test_charlie_takes_nobodys_name_off_but_his_own(room: Room, alice: Person) -> None:
    line(alice, room)
    charlie = window(person(CHARLIE))
    charlie.post(f"{KILN}leave/")
    assert Presence.objects.get().owner_id == alice.owner_id
    assert say(charlie, "It is I.", "Alice A.").status_code == 422  # her name


def test_dana_without_the_role_makes_no_room(room: Room, sign_in: Callable[..., Client]) -> None:
    dana = sign_in("sales")
    for path in ("/office/chat/", f"/office/chat/{room.pk}/"):
        assert dana.get(path).status_code == 403
        assert dana.post(path, {"name": "Mine", "slug": "mine", "about": "x"}).status_code == 403
    assert dana.post(f"/office/chat/{room.pk}/close/", {"closed": "yes"}).status_code == 403
    assert Room.objects.get().name == "The kiln" and not Thread.objects.get().is_locked


def test_support_makes_changes_closes_and_opens_rooms(room: Room, sign_in: Callable[..., Client]) -> None:
    dana = sign_in("support")
    new = {"name": "Oven talk", "slug": "Oven", "about": "Warm."}
    assert dana.post("/office/chat/", new).status_code == 302
    assert window().get("/chat/oven/").status_code == 200
    taken = dana.post("/office/chat/", {**new, "slug": "kiln"})
    assert taken.status_code == 422 and "Another room has this address" in taken.content.decode()
    assert dana.post("/office/chat/", {**new, "slug": "../x"}).status_code == 422
    assert dana.post(f"/office/chat/{room.pk}/", {**new, "slug": "oven"}).status_code == 422
    assert dana.post(f"/office/chat/{room.pk}/", {**new, "slug": "glaze"}).status_code == 302
    assert window().get("/chat/glaze/").status_code == 200
    for word, is_closed in (("yes", True), ("no", False)):
        dana.post(f"/office/chat/{room.pk}/close/", {"closed": word})
        assert Thread.objects.get(pk=room.thread_id).is_locked is is_closed
