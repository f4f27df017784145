"""What is posted anyone reads; what its author changes, removes or takes along nobody does, quoted or not."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from tests.cast import durable, staff
from tests.posting.people import ALICE, BOB, CHARLIE, WORDS, draft, person, posted, quoting, read, thread
from troth.accounts.people.models import Person
from troth.gate.errors import GateError, Refused
from troth.gate.ids import uuid7
from troth.gate.journal.models import Entry
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import foresee, holds, limits
from troth.gate.subjects.erase import erase
from troth.gate.subjects.retention import end_expired
from troth.gate.uses import SYSTEM, Actor, using
from troth.gate.uses.outward import publish
from troth.posting import flows, moderating, shown
from troth.posting.flows import Author, NotPosted
from troth.posting.models import Ban, Commons, Edition, PenName, Post, Thread

pytestmark = durable


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    shown.forget()


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


@pytest.fixture
def charlie() -> Person:
    return person(CHARLIE)


@pytest.fixture
def board() -> UUID:
    return thread()


def disclosed() -> int:
    return Entry.objects.filter(kind=4, recipient="public").count()


def only(where: UUID) -> shown.Said:
    (said,) = read(where)
    return said


def text_of(said: shown.Said) -> str:
    return said.said.body if said.said else ""


# -- posting


def test_what_is_posted_anyone_reads_and_the_record_says_so_once(alice: Person, board: UUID) -> None:
    row = posted(alice, board, name="Alice A.")
    for _ in range(3):
        said = only(board)
        assert (text_of(said), said.name, said.is_mine) == (WORDS, "Alice A.", False)
    assert disclosed() == 1 and len(row.warning_hash) == 64
    assert Entry.objects.filter(purpose="publishing", recipient="system").count() == 1, (
        "opened once, not at each look"
    )


def test_a_form_sent_twice_is_one_post(alice: Person, board: UUID) -> None:
    row_id = uuid7().hex
    first = flows.post(Author(alice.owner_id), board, "board", row_id, draft())
    again = flows.post(
        Author(alice.owner_id), board, "board", row_id, draft("Something else that is said here.")
    )
    assert first.pk == again.pk and text_of(only(board)) == WORDS


def test_charlie_cannot_overwrite_a_post_by_sending_its_id(
    alice: Person, charlie: Person, board: UUID
) -> None:
    row = posted(alice, board)
    with pytest.raises(NotPosted):
        flows.post(Author(charlie.owner_id), board, "board", row.pk.hex, draft("Mine now.", "C."))
    assert text_of(only(board)) == WORDS


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111 **1111** 1111 1111",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111`1111`1111`1111`",
    ],
)
@pytest.mark.parametrize("field", ["body", "title", "name"])
def test_a_card_number_is_refused_however_it_is_written(
    alice: Person, board: UUID, text: str, field: str
) -> None:
    with pytest.raises(NotPosted, match="payment card"):
        posted(alice, board, **{"body": "Words.", "title": "A title", "name": "A. A.", field: text})
    assert not Post.objects.exists()


def test_a_locked_thread_takes_nothing(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    Thread.objects.update(is_locked=True)
    with pytest.raises(NotPosted, match="closed"):
        posted(alice, board, "One more thing to say about it.")
    with pytest.raises(NotPosted, match="closed"):
        flows.edit(Author(alice.owner_id), row.pk, draft("Other words."))
    assert text_of(only(board)) == WORDS


def test_what_is_published_is_on_record_or_does_not_stand(
    alice: Person, board: UUID, monkeypatch: Any
) -> None:
    monkeypatch.setattr(flows, "give_to_anyone", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        posted(alice, board)
    assert not Post.objects.exists() and disclosed() == 0 and not read(board)


def test_nothing_is_published_outside_an_act_or_without_its_ground(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    with pytest.raises(GateError, match="open one"):
        flows.give_to_anyone(row, SYSTEM)
    refused = Entry.objects.filter(kind=5).count()
    with pytest.raises(Refused), flows.act():
        publish(row, ("body",), to="public", purpose="publishing", by=SYSTEM)
    assert disclosed() == 1 and Entry.objects.filter(kind=5).count() == refused + 1, (
        "the refusal stays on record"
    )


def test_who_restricted_the_use_of_their_data_neither_posts_nor_is_shown(alice: Person, board: UUID) -> None:
    posted(alice, board)
    limits.restrict(alice.owner_id, Actor("data-subject", alice.owner_id))
    assert only(board).said is None
    with pytest.raises(NotPosted, match="without using it"):
        posted(alice, board, "One more thing to say about it.")


# -- too much, too often, in disguise


@pytest.mark.parametrize(("kind", "most"), [("board", 6), ("chat", 30)])
def test_more_than_a_person_can_write_in_a_minute_is_refused(
    alice: Person, board: UUID, kind: str, most: int
) -> None:
    for number in range(most):
        posted(alice, board, f"This is line {number} of many others.", kind=kind)
    for number in range(3):
        with pytest.raises(NotPosted, match="wait a little"):
            posted(alice, board, f"And this is too much {number}.", kind=kind)
    assert Post.objects.count() == most
    Post.objects.update(made_at=timezone.now() - timedelta(minutes=2))
    posted(alice, board, "A little later there is room again.", kind=kind)


def test_the_same_again_is_refused_and_yes_in_a_chat_room_is_not(alice: Person, board: UUID) -> None:
    posted(alice, board)
    with pytest.raises(NotPosted, match="stands there already"):
        posted(alice, board, f"  {WORDS.upper()}")
    for _ in range(2):
        posted(alice, board, "Yes", kind="chat")


def test_many_links_of_a_newcomer_wait_for_a_moderator_and_nobody_reads_them(
    alice: Person, board: UUID
) -> None:
    links = "Look: " + " ".join(f"https://{n}.example" for n in range(3))
    row = posted(alice, board, links)
    assert row.state == "queued" and not read(board) and disclosed() == 0 and moderating.waiting() == [row.pk]
    with pytest.raises(NotPosted, match="links"):
        posted(alice, board, " ".join(f"https://{n}.example" for n in range(11)))
    moderating.decide(row.pk, Actor("support"), stays=True, edition=1)
    assert text_of(only(board)) == links and disclosed() == 1 and not moderating.waiting()


@pytest.mark.parametrize(
    "link",
    [
        "//{}.example",
        "https&#58;//{}.example",
        "https\\://{}.example",
        "http:{}.example",
        "mailto:a@{}.example",
    ],
)
def test_links_written_so_that_they_do_not_look_like_any_wait_too(
    alice: Person, board: UUID, link: str
) -> None:
    hidden = " ".join(f"[{n}]({link.format(n)})" for n in range(3))
    assert posted(alice, board, hidden).state == "queued" and not read(board)
    assert posted(alice, board, "[https://a.example](https://a.example)").state == "standing", "that is one"


def test_links_that_come_by_a_change_wait_too(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    flows.edit(Author(alice.owner_id), row.pk, draft(" ".join(f"https://{n}.example" for n in range(3))))
    assert not read(board) and moderating.waiting() == [row.pk]


def test_two_people_cannot_sign_with_one_name(alice: Person, charlie: Person, board: UUID) -> None:
    posted(alice, board, name="The Potter")
    with pytest.raises(NotPosted, match="signs with this name"):
        posted(charlie, board, "I am somebody else, really.", name="the potter")
    posted(alice, board, "I am still who I was before.", name="The Potter")
    assert PenName.objects.count() == 1 and Post.objects.count() == 2


@pytest.mark.parametrize("name", ["Support", "moderator", "iPlum Team"])
def test_nobody_signs_as_if_they_worked_for_us(alice: Person, board: UUID, name: str) -> None:
    with pytest.raises(NotPosted, match="worked for us"):
        posted(alice, board, name=name)


# -- its author changes it


def test_a_change_is_read_at_once_and_what_it_said_is_its_authors_alone(alice: Person, board: UUID) -> None:
    row = posted(alice, board, "Call me at +1 202 555 0142 tonight.")
    read(board)
    before = shown.version_of(board)
    flows.edit(Author(alice.owner_id), row.pk, draft("Write to me here."))
    said = only(board)
    assert text_of(said) == "Write to me here." and said.edited_at and shown.version_of(board) > before
    assert Edition.objects.count() == 1 and disclosed() == 2
    flows.forget_editions(alice.owner_id, row.pk)
    assert not Edition.objects.exists()


def test_a_post_is_not_changed_more_often_than_anybody_reads(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    for number in range(10):
        flows.edit(Author(alice.owner_id), row.pk, draft(f"Words number {number}."))
    with pytest.raises(NotPosted, match="changes in a minute"):
        flows.edit(Author(alice.owner_id), row.pk, draft("Once too often."))
    assert text_of(only(board)) == "Words number 9."


def test_what_the_law_wants_kept_its_author_cannot_change_away(
    alice: Person, board: UUID, monkeypatch: Any
) -> None:
    row = posted(alice, board)
    monkeypatch.setattr(flows, "MOST_EDITIONS", 1)
    holds.place(alice.owner_id, timezone.now() + timedelta(days=9), Actor("owner"))
    for number in range(3):
        flows.edit(Author(alice.owner_id), row.pk, draft(f"Words number {number}."))
    with pytest.raises(NotPosted, match="The law"):
        flows.forget_editions(alice.owner_id, row.pk)
    assert Edition.objects.filter(post=row).count() == 3
    holds.lift(alice.owner_id, Actor("owner"))
    flows.forget_editions(alice.owner_id, row.pk)
    assert not Edition.objects.exists()


@pytest.mark.parametrize("verb", ["edit", "remove", "forget"])
def test_charlie_does_nothing_to_a_post_of_alice(
    alice: Person, charlie: Person, board: UUID, verb: str
) -> None:
    row = posted(alice, board)
    does = {
        "edit": lambda: flows.edit(Author(charlie.owner_id), row.pk, draft("Mine now.", "C.")),
        "remove": lambda: flows.remove(charlie.owner_id, row.pk),
        "forget": lambda: flows.forget_editions(charlie.owner_id, row.pk),
    }
    with pytest.raises(NotPosted):
        does[verb]()
    flows.wish_for_all(charlie.owner_id, "remove")
    assert text_of(only(board)) == WORDS and Post.objects.get().afterwards == "keep"


# -- quotes


def test_a_quote_is_gone_when_its_post_is(alice: Person, charlie: Person, board: UUID) -> None:
    row = posted(alice, board)
    posted(charlie, board, "Mine cools down by ten.", quote=quoting(row, "holds its heat"))
    first, second = read(board)
    assert second.quote and (second.quote.words, second.quote.number) == ("holds its heat", 1)
    flows.remove(alice.owner_id, row.pk)
    first, second = read(board)
    assert first.said is None and first.removed_by == "its author" and text_of(second).startswith("Mine")
    assert second.quote and second.quote.words == second.quote.name == ""
    assert b"heat" not in b"".join(bytes(each.sealed or b"") for each in Post.objects.all())


def test_a_quote_outlives_a_change_elsewhere_and_no_change_of_its_own_words(
    alice: Person, charlie: Person, board: UUID
) -> None:
    row = posted(alice, board)
    posted(charlie, board, "Mine cools down by ten.", quote=quoting(row, "holds its heat"))
    flows.edit(Author(alice.owner_id), row.pk, draft("Ours holds its heat."))
    assert read(board)[1].quote.words == "holds its heat"  # type: ignore[union-attr]
    flows.edit(Author(alice.owner_id), row.pk, draft("Ours is cold."))
    assert read(board)[1].quote.words == ""  # type: ignore[union-attr]


# -- its author removes it, or leaves


def test_a_removed_post_is_wiped_and_its_mark_goes_after_thirty_days(
    alice: Person, board: UUID, monkeypatch: Any
) -> None:
    row = posted(alice, board)
    flows.edit(Author(alice.owner_id), row.pk, draft("Other words."))
    flows.remove(alice.owner_id, row.pk)
    held = Post.objects.get()
    assert held.sealed is None and not Edition.objects.exists() and only(board).said is None
    assert end_expired() == 0
    Post.objects.update(removed_at=timezone.now() - timedelta(days=30, seconds=5))
    assert end_expired() == 1 and not Post.objects.exists()


@pytest.mark.parametrize(
    ("afterwards", "text", "name"),
    [
        ("keep", WORDS, "Alice A."),
        ("unsigned", WORDS, "Somebody who left"),
        ("remove", "", "Somebody who left"),
    ],
)
def test_posts_stay_stay_unsigned_or_go_as_their_author_wished(
    alice: Person, charlie: Person, board: UUID, afterwards: str, text: str, name: str
) -> None:
    row = posted(alice, board, name="Alice A.")
    posted(charlie, board, "Mine cools down by ten.", quote=quoting(row, "holds its heat"))
    read(board)
    flows.wish_for_all(alice.owner_id, afterwards)
    before = shown.version_of(board)
    erase(alice.owner_id.hex, SYSTEM)
    first, second = read(board)
    assert (text_of(first), first.name) == (text, name) and first.has_left
    assert second.quote and second.quote.words == ("holds its heat" if text else "")
    assert shown.version_of(board) > before
    held = Post.objects.get(number=1)
    assert held.owner_id == Commons.owner() and (held.sealed is None) == (afterwards == "remove")
    assert not PenName.objects.filter(owner=alice.owner_id).exists()
    if held.sealed is not None:
        with using("publishing", by=SYSTEM, given=held):
            assert held.signed_as == ("Alice A." if afterwards == "keep" else None)


def test_somebody_is_told_before_they_leave_what_stays(alice: Person, board: UUID) -> None:
    posted(alice, board)
    posted(alice, board, "This goes along with me.", afterwards="remove")
    seen = foresee.foresee(alice.owner_id)
    assert [(line.title, line.count) for line in seen.shared if line.title == "Post"] == [("Post", 1)]
    assert [(line.title, line.count) for line in seen.goes if line.title == "Post"] == [("Post", 1)]


def test_one_wish_for_all_of_ones_posts(alice: Person, charlie: Person, board: UUID) -> None:
    posted(alice, board)
    posted(alice, board, "A second thing that I said here.")
    posted(charlie, board, "Mine cools down by ten.")
    assert flows.wish_for_all(alice.owner_id, "unsigned") == 2
    assert Post.objects.filter(afterwards="keep").count() == 1


# -- readers and moderators


def test_a_report_brings_a_post_before_moderators_and_their_no_takes_it_away(
    alice: Person, charlie: Person, board: UUID
) -> None:
    row = posted(alice, board)
    for _ in range(2):
        moderating.report(charlie.owner_id, row.pk, "insult")
    assert moderating.waiting() == [row.pk] and text_of(only(board)) == WORDS, (
        "a report alone removes nothing"
    )
    with pytest.raises(NotPosted, match="Look at it again"):
        moderating.decide(row.pk, Actor("support"), stays=False, edition=7)
    moderating.decide(row.pk, Actor("support"), stays=False, edition=1)
    assert only(board).said is None and only(board).removed_by == "a moderator" and not moderating.waiting()
    with flows.as_author(alice.owner_id):
        assert Post.objects.get().body == WORDS, "its author still has the words"
    with pytest.raises(Refused), using("publishing", by=SYSTEM, given=Post.objects.get()):
        str(Post.objects.get().body)


def test_what_was_changed_after_it_was_let_stand_can_be_reported_again(
    alice: Person, charlie: Person, board: UUID
) -> None:
    row = posted(alice, board)
    moderating.report(charlie.owner_id, row.pk, "spam")
    moderating.decide(row.pk, Actor("support"), stays=True, edition=1)
    moderating.report(charlie.owner_id, row.pk, "spam")
    assert not moderating.waiting(), "it was decided"
    flows.edit(Author(alice.owner_id), row.pk, draft("Charlie is a fool."))
    moderating.report(charlie.owner_id, row.pk, "insult")
    assert moderating.waiting() == [row.pk]


def test_who_is_banned_posts_nothing_until_it_is_lifted(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    moderating.ban(row.pk, 7)
    with pytest.raises(NotPosted, match="keep you from posting"):
        posted(alice, board, "Here I am again, all the same.")
    assert text_of(only(board)) == WORDS, "what stands stays"
    assert moderating.lift(Ban.objects.get().pk)
    posted(alice, board, "Here I am again, all the same.")


def test_whom_somebody_blocks_is_marked_for_them_alone(alice: Person, charlie: Person, board: UUID) -> None:
    row = posted(alice, board)
    assert moderating.block(charlie.owner_id, row.pk) and not moderating.block(alice.owner_id, row.pk)
    assert read(board, charlie.owner_id)[0].is_unread
    assert not read(board)[0].is_unread and not read(board, person(BOB).owner_id)[0].is_unread
    erase(alice.owner_id.hex, SYSTEM)
    assert not shown.unread_by(charlie.owner_id)


def test_staff_sign_as_they_are(board: UUID) -> None:
    dana = staff("support")
    row = flows.post(
        Author(dana.owner_id, is_staff=True), board, "article", uuid7().hex, draft(name="iPlum Support")
    )
    assert row.is_staff and only(board).is_staff and not moderating.block(person(ALICE).owner_id, row.pk)


# -- the clause


def find() -> Any:
    return CONTROLS["public.posts"]()


def test_the_clause_is_kept_and_a_post_without_its_warning_breaks_it(alice: Person, board: UUID) -> None:
    row = posted(alice, board)
    flows.edit(Author(alice.owner_id), row.pk, draft("Other words."))
    assert (find().status, find().figure[:7]) == ("kept", "2 posts")
    Post.objects.update(warning_hash="0" * 64)
    assert find().status == "broken"


@pytest.mark.parametrize("words", ["Mine is 4111 1111 1111 1111", "Mine is 4111 **1111** 1111 1111"])
def test_a_card_number_that_came_by_all_the_same_breaks_it(
    alice: Person, board: UUID, words: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(flows, "has_card_number", lambda _: False)
    row = posted(alice, board, words)
    found = find()
    assert found.status == "broken" and "1111" not in found.figure + found.evidence
    flows.remove(alice.owner_id, row.pk)
    assert find().status == "kept"
