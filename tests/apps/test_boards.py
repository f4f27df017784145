"""Boards: anyone reads, whoever signed in writes under the warning, and nobody touches what is another's."""

import re
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from django.test import Client

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.cast import ALICE, CHARLIE, durable, staff
from tests.posting.pages import FIELDS, again, text_of, visiting, write
from troth.accounts.people.models import Person
from troth.apps.boards import flows as boards
from troth.apps.boards.models import Section, Topic
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.posting import flows, moderating, shown
from troth.posting.drafts import warning
from troth.posting.models import Ban, Edition, Post, Report

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
BOARD, NEW, SEARCH, FEED = "/boards/kilns/", "/boards/kilns/new/", "/boards/search/", "/boards/feed/"
WORDS = FIELDS["body"]


@pytest.fixture(autouse=True)
def one_board() -> None:
    shown.forget()
    Section.objects.create(slug="kilns", name="Kilns", about="What is fired, and how.")


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


@pytest.fixture
def charlie() -> Person:
    return person(CHARLIE)


def begun(client: Client, title: str = "Why is it still warm?", **changes: str) -> Topic:
    """Begin a topic in the browser."""
    sent = write(client, NEW, title=title, **changes)
    assert sent.status_code == 302, sent.content.decode()
    return Topic.objects.order_by("-made_at")[0]


def page(topic: Topic) -> str:
    return f"/boards/topics/{topic.pk}/"


def reply(client: Client, topic: Topic, query: str = "", **changes: str) -> Any:
    return write(client, page(topic) + "reply/" + query, **changes)


# -- reading and writing


def test_a_topic_is_begun_answered_and_read_by_anyone(alice: Person, charlie: Person) -> None:
    hers, his, victors = visiting(alice), visiting(charlie), visiting()
    topic = begun(hers)
    his_sent = reply(his, topic, body="Mine *cools* down by ten.", signed_as="Charlie C.")
    assert his.get(his_sent["Location"])["Location"] == page(topic) + "#p2"
    read = text_of(victors, page(topic))
    for words in (
        "Why is it still warm?",
        WORDS,
        "Mine <em>cools</em> down by ten.",
        "Alice A.",
        "Charlie C.",
    ):
        assert words in read
    assert "/edit/" not in read and "/report/" not in read, "a visitor has nothing to press"
    for where in ("/", "/boards/", BOARD):
        assert "Why is it still warm?" in text_of(victors, where)
    assert "Thread" not in read and str(alice.owner_id) not in read and "alice@" not in read


def test_the_warning_stands_above_every_box_and_is_tied_to_it(alice: Person) -> None:
    hers = visiting(alice)
    topic = begun(hers)
    row = Post.objects.get()
    for where in (NEW, page(topic) + "reply/", f"/posts/{row.pk}/edit/"):
        shown_there = text_of(hers, where)
        assert warning() in shown_there.replace("&#x27;", "'") and 'id="posting-warning"' in shown_there
        box = re.search(r"<textarea[^>]*name=\"body\"[^>]*>", shown_there)
        assert (
            box
            and "posting-warning" in box[0]
            and shown_there.index("posting-warning") < shown_there.index(box[0])
        )


def test_a_phone_number_is_pointed_out_and_its_author_chooses(alice: Person) -> None:
    hers, body = visiting(alice), "Call me: +1 202 555 0142, or write to alice@archer.example."
    warned = write(hers, NEW, title="Who can help?", body=body)
    told = warned.content.decode()
    assert warned.status_code == 200 and not Post.objects.exists()
    assert "+1 202 555 0142" in told and "alice@archer.example" in told and "Post it as it is" in told
    other = again(hers, NEW, warned, title="Who can help?", body=body + " Or +1 202 555 0143")
    assert other.status_code == 200 and not Post.objects.exists(), "what was not shown is shown first"
    assert again(hers, NEW, other, title="Who can help?", body=body).status_code == 200
    assert again(hers, NEW, warned, title="Who can help?", body=body).status_code == 302
    assert "+1 202 555 0142" in text_of(visiting(), page(Topic.objects.get()))


def test_a_draft_can_be_looked_at_first(alice: Person) -> None:
    hers = visiting(alice)
    looked = write(hers, NEW, title="Warm", body="It is **warm**.", preview="1")
    assert "<strong>warm</strong>" in looked.content.decode() and not Post.objects.exists()
    assert again(hers, NEW, looked, title="Warm").status_code == 302


@pytest.mark.parametrize("field", ["body", "title", "signed_as"])
def test_a_card_number_is_refused_in_every_field(alice: Person, field: str) -> None:
    sent = write(visiting(alice), NEW, **{"title": "A title", field: "4111 1111 1111 1111"})
    assert sent.status_code == 422 and "payment card" in sent.content.decode()
    assert not Post.objects.exists() and not Topic.objects.exists()


@pytest.mark.parametrize("field", ["body", "title", "signed_as"])
def test_a_script_in_any_field_is_words(alice: Person, field: str) -> None:
    topic = begun(visiting(alice), **{"title": "A title", field: "<script>alert(1)</script>x"})
    for where in (page(topic), "/", BOARD, FEED, SEARCH):
        assert b"<script>alert" not in visiting().get(where).content
    assert "&lt;script&gt;" in text_of(visiting(), page(topic))


def test_hidden_marks_and_markdown_bombs_come_out_small(alice: Person) -> None:
    topic = begun(
        visiting(alice), body="pay\u202egnp.exe \u200bok " + ">" * 3_000 + "[" * 3_000, title="a\u200bb"
    )
    read = text_of(visiting(), page(topic))
    assert "\u202e" not in read and "\u200b" not in read and len(read) < 60_000


@pytest.mark.parametrize(("letters", "status"), [(10_001, 422), (1_100_000, 400)])
def test_a_post_of_a_megabyte_is_refused(alice: Person, letters: int, status: int) -> None:
    sent = write(visiting(alice), NEW, title="Long", body="x " * (letters // 2 + 1))
    assert sent.status_code == status and not Post.objects.exists() and not Topic.objects.exists()


def test_nothing_is_kept_of_a_form_that_misses_its_choice_or_sends_a_strange_one(alice: Person) -> None:
    for wish in ("", "forever"):
        assert write(visiting(alice), NEW, title="A title", afterwards=wish).status_code == 422
    assert not Post.objects.exists()


# -- quotes, changes, leaving


def quoted(client: Client, topic: Topic, words: str, **changes: str) -> Any:
    row = Post.objects.get(thread=topic.thread_id, number=1)
    return reply(client, topic, f"?quote={row.pk}", quoted=words, body="Mine cools down by ten.", **changes)


def test_leaving_takes_a_post_out_of_topic_quotes_search_and_feeds(alice: Person, charlie: Person) -> None:
    hers, his = visiting(alice), visiting(charlie)
    topic = begun(hers, afterwards="remove")
    flows.edit(
        flows.Author(alice.owner_id), topic.pk, flows.Draft("Alice A.", WORDS + " Always.", "remove", "Why?")
    )
    quoted(his, topic, "holds its heat", signed_as="Charlie C.")
    assert text_of(visiting(), page(topic)).count("holds its heat") == 2
    assert "holds its heat" in visiting().post(SEARCH, {"words": "heat kiln"}).content.decode()
    assert "holds its heat" in text_of(visiting(), FEED)
    erase(alice.owner_id.hex, SYSTEM)
    victors = visiting()
    for where in (page(topic), "/", "/boards/", BOARD, FEED):
        found = text_of(victors, where)
        assert "holds its heat" not in found and "Alice A." not in found and "Why?" not in found
    assert "Removed by its author, who left" in text_of(victors, page(topic))
    assert "The words quoted here do not stand there any more" in text_of(victors, page(topic))
    assert "holds its heat" not in victors.post(SEARCH, {"words": "heat"}).content.decode()
    assert not Edition.objects.exists() and "Mine cools down" in text_of(victors, page(topic))


def test_words_that_do_not_stand_there_are_no_quote(alice: Person, charlie: Person) -> None:
    topic = begun(visiting(alice))
    assert quoted(visiting(charlie), topic, "I never said this", signed_as="C.").status_code == 422
    other = begun(visiting(charlie), title="Another", body="Something else altogether.", signed_as="C.")
    row = Post.objects.get(thread=topic.thread_id)
    sent = reply(
        visiting(charlie), other, f"?quote={row.pk}", quoted="kiln", body="Words of my own.", signed_as="C."
    )
    assert sent.status_code == 302 and not Post.objects.exclude(quotes=None).exists(), "of another topic"


def test_a_change_shows_at_once_and_says_so(alice: Person) -> None:
    hers = visiting(alice)
    topic = begun(hers)
    edit = f"/posts/{topic.pk}/edit/"
    assert write(hers, edit, title="Why is it cold?", body="It is cold now.").status_code == 302
    read = text_of(visiting(), page(topic))
    assert "It is cold now." in read and WORDS not in read and "changed" in read and "Why is it cold?" in read
    assert WORDS in text_of(hers, f"/posts/{topic.pk}/earlier/")
    hers.post(f"/posts/{topic.pk}/earlier/")
    assert WORDS not in text_of(hers, f"/posts/{topic.pk}/earlier/")


def test_a_removed_post_leaves_a_mark(alice: Person) -> None:
    hers = visiting(alice)
    topic = begun(hers)
    assert WORDS in text_of(hers, f"/posts/{topic.pk}/remove/")
    hers.post(f"/posts/{topic.pk}/remove/")
    read = text_of(visiting(), page(topic))
    assert (
        "Removed by its author" in read
        and WORDS not in read
        and "Nothing is left of it" in text_of(hers, "/posts/mine/")
    )


# -- whoever should not


@pytest.mark.parametrize("act", ["edit", "remove", "earlier"])
def test_charlie_finds_no_way_to_alices_post(alice: Person, charlie: Person, act: str) -> None:
    topic = begun(visiting(alice))
    where = f"/posts/{topic.pk}/{act}/"
    assert visiting(charlie).get(where).status_code == 404
    assert visiting(charlie).post(where, {**FIELDS, "body": "Mine."}).status_code == 404
    assert WORDS in text_of(visiting(), page(topic))


def test_victor_reads_and_is_asked_to_sign_in_to_write(alice: Person) -> None:
    topic = begun(visiting(alice))
    for where in (
        NEW,
        page(topic) + "reply/",
        "/posts/mine/",
        f"/posts/{topic.pk}/report/",
        f"/posts/{topic.pk}/edit/",
    ):
        assert visiting().get(where)["Location"].startswith("/sign-in/?next=/"), where
    assert visiting().post(page(topic) + "reply/", FIELDS)["Location"].startswith("/sign-in/")


def test_a_closed_topic_and_a_closed_board_take_nothing(alice: Person) -> None:
    hers = visiting(alice)
    topic = begun(hers)
    boards.lock(topic.pk, locked=True)
    assert hers.get(page(topic) + "reply/").status_code == 404 and "closed" in text_of(hers, page(topic))
    Section.objects.update(is_open=False)
    assert hers.get(NEW).status_code == 404


def desk(role: str, settings: Any) -> Client:
    settings.TROTH_SECOND_FACTOR = False
    client = Secure(SERVER_NAME="localhost")
    client.force_login(staff(role, f"{role}@iplum.example").user)
    return client


def test_dana_without_the_role_moderates_nothing(alice: Person, settings: Any) -> None:
    topic = begun(visiting(alice))
    sales = desk("sales", settings)
    acts = {
        f"/office/posts/{topic.pk}/decide/": {"stays": "no", "edition": "1"},
        f"/office/posts/{topic.pk}/keep-from-posting/": {"days": "7"},
        f"/office/boards/{topic.pk}/lock/": {"lock": "yes"},
        f"/office/boards/{topic.pk}/pin/": {"pin": "yes"},
        "/office/boards/sections/": {"name": "x", "slug": "x", "about": "x", "order": "1"},
    }
    assert sales.get("/office/posts/").status_code == sales.get("/office/boards/").status_code == 403
    assert {sales.post(where, sent).status_code for where, sent in acts.items()} == {403}
    assert {visiting(alice).post(where, sent).status_code for where, sent in acts.items()} == {404}, (
        "not on this host"
    )
    assert (
        WORDS in text_of(visiting(), page(topic))
        and not Ban.objects.exists()
        and Section.objects.count() == 1
    )


def test_support_decides_what_was_reported(alice: Person, charlie: Person, settings: Any) -> None:
    topic, support = begun(visiting(alice)), desk("support", settings)
    where = f"/posts/{topic.pk}/report/"
    assert visiting(charlie).post(where, {"reason": "boredom"}).status_code == 422
    visiting(charlie).post(where, {"reason": "private"})
    told = text_of(support, "/office/posts/")
    assert WORDS in told and "Something private of somebody" in told and "Charlie" not in told
    assert (
        support.post(f"/office/posts/{topic.pk}/decide/", {"stays": "maybe", "edition": "1"}).status_code
        == 302
    )
    assert moderating.waiting() == [topic.pk]
    support.post(f"/office/posts/{topic.pk}/decide/", {"stays": "no", "edition": "1"})
    assert "Removed by a moderator" in text_of(visiting(), page(topic)) and not moderating.waiting()
    assert WORDS in text_of(visiting(alice), "/posts/mine/"), "she alone can read it still"
    assert Report.objects.get().decided_at is not None


def test_a_post_that_waits_is_on_no_page(alice: Person, settings: Any) -> None:
    hers, links = visiting(alice), " ".join(f"https://{n}.example" for n in range(3))
    sent = write(hers, NEW, title="Cheap kilns", body=links)
    assert sent["Location"] == "/posts/mine/" and "A moderator looks at it" in text_of(hers, "/posts/mine/")
    topic = Topic.objects.get()
    for where in ("/", "/boards/", BOARD, FEED):
        assert "Cheap kilns" not in text_of(visiting(), where)
    his = visiting(person(CHARLIE))
    for where in (page(topic), page(topic) + "reply/", f"/posts/{topic.pk}/", f"/posts/{topic.pk}/report/"):
        assert his.get(where).status_code == 404, where
    assert "Cheap kilns" in text_of(desk("support", settings), "/office/posts/")


def test_whom_charlie_does_not_read_is_folded_away_for_him(alice: Person, charlie: Person) -> None:
    topic, his = begun(visiting(alice)), visiting(charlie)
    his.post(f"/posts/{topic.pk}/read-no-more/")
    assert "somebody whom you do not read" in text_of(his, page(topic))
    assert "somebody whom you do not read" not in text_of(visiting(), page(topic))
    assert "holds its heat" not in his.post(SEARCH, {"words": "heat kiln"}).content.decode()
    assert "holds its heat" in visiting().post(SEARCH, {"words": "heat kiln"}).content.decode()
    again_at = re.search(r'action="(/posts/read-again/[^"]+)"', text_of(his, "/posts/mine/"))
    assert again_at and "Alice A." in text_of(his, "/posts/mine/")
    visiting(alice).post(again_at[1])
    assert "somebody whom you do not read" in text_of(his, page(topic)), "only he can undo it"
    his.post(again_at[1])
    assert "somebody whom you do not read" not in text_of(his, page(topic))


# -- pages, feeds


def test_the_fifty_first_post_is_on_the_second_page_and_is_found_there(alice: Person) -> None:
    topic = begun(visiting(alice))
    row = Post.objects.get()
    many = [
        Post(
            owner_id=row.owner_id,
            kind="board",
            thread_id=row.thread_id,
            number=n,
            warning_hash=row.warning_hash,
        )
        for n in range(2, 52)
    ]
    with flows.as_author(alice.owner_id, writes=True):
        for each in many:
            each.body, each.signed_as = f"Number {each.number} of them.", "Alice A."
        Post.objects.bulk_create(many)
    type(row.thread).objects.update(last=51)
    first, second = (text_of(visiting(), page(topic) + f"?page={n}") for n in (1, 2))
    assert "Number 50 of them." in first and "Number 51" not in first and "Number 51 of them." in second
    assert visiting().get(f"/posts/{many[-1].pk}/")["Location"] == page(topic) + "?page=2#p51"
    assert "Number 51 of them." in text_of(visiting(), page(topic) + "?page=999")


def test_a_feed_is_well_formed_whatever_is_posted(alice: Person) -> None:
    begun(visiting(alice), title="]]> & <b> \x01", body="\x0c <![CDATA[ & \ufffe é 漢 &#12;")
    feed = Xml.fromstring(text_of(visiting(), FEED))  # noqa: S314 - our own feed
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    assert (
        text_of(visiting(), "/boards/kilns/feed/") and visiting().get("/boards/none/feed/").status_code == 404
    )


def test_one_wish_for_all_posts_is_noted(alice: Person) -> None:
    hers = visiting(alice)
    begun(hers)
    hers.post("/posts/mine/afterwards/", {"afterwards": "unsigned"})
    assert Post.objects.get().afterwards == "unsigned"
    hers.post("/posts/mine/afterwards/", {"afterwards": "forever"})
    assert Post.objects.get().afterwards == "unsigned"


def test_support_makes_a_board_and_closes_pins_and_locks(alice: Person, settings: Any) -> None:
    support, topic = desk("support", settings), begun(visiting(alice))
    board = {"name": "Glazes", "slug": "glazes", "about": "What shines.", "order": "2"}
    assert support.post("/office/boards/sections/", board).status_code == 302
    assert support.post("/office/boards/sections/", {**board, "slug": "search"}).status_code == 422
    support.post(f"/office/boards/{topic.pk}/pin/", {"pin": "yes"})
    support.post(f"/office/boards/{topic.pk}/lock/", {"lock": "yes"})
    read = text_of(visiting(), BOARD)
    assert "pinned" in read and "closed" in read and "Glazes" in text_of(visiting(), "/boards/")
    support.post(f"/office/boards/sections/{Section.objects.get(slug='glazes').pk}/open/", {"open": "no"})
    assert "Begin a topic" not in text_of(visiting(), "/boards/glazes/")
    assert "Why is it still warm?" in text_of(support, "/office/boards/")


def test_your_privacy_shows_what_one_posted_and_what_becomes_of_it(alice: Person) -> None:
    begun(visiting(alice))
    held = text_of(browser(alice), "/account/privacy/held/")
    assert WORDS in held and "Why is it still warm?" in held and "Name that you post under" in held
    assert WORDS not in text_of(browser(person(CHARLIE)), "/account/privacy/held/")
