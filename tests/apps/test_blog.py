"""The blog: staff write, anyone reads, whoever signed in comments; what is taken down is gone with its comments' page."""

import re
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from django.test import Client

from tests.apps.conftest import Secure
from tests.apps.privacy_people import person
from tests.cast import ALICE, CHARLIE, durable, staff
from tests.posting.pages import FIELDS, again, text_of, visiting, write
from troth.accounts.people.models import Person
from troth.apps.blog import flows
from troth.apps.blog.models import Article
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.posting import shown
from troth.posting.models import Post, Thread

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
NEW, FEED = "/office/blog/new/", "/blog/feed/"
TITLE, SAYS, WORDS = "What we changed", "It opens **where you left it**.", FIELDS["body"]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    shown.forget()


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


@pytest.fixture
def support(settings: Any) -> Client:
    return office("support", settings)


def office(role: str, settings: Any, address: str = "") -> Client:
    settings.TROTH_SECOND_FACTOR = False
    client = Secure(SERVER_NAME="localhost")
    client.force_login(staff(role, address or f"{role}@iplum.example").user)
    return client


def put_up(client: Client, title: str = TITLE, **changes: str) -> Article:
    sent = write(
        client, NEW, **{"title": title, "body": SAYS, "signed_as": "Dana, support", "slug": "", **changes}
    )
    assert sent.status_code == 302, sent.content.decode()
    return Article.objects.get(pk=Post.objects.order_by("-made_at")[0].pk)


def test_an_article_is_read_and_commented(support: Client, alice: Person) -> None:
    article = put_up(support)
    page = f"/blog/{article.slug}/"
    assert article.slug == "what-we-changed"
    sent = write(visiting(alice), page + "comment/")
    assert visiting().get(sent["Location"])["Location"] == page + "#p2"
    read = text_of(visiting(), page)
    for words in (TITLE, "<strong>where you left it</strong>", "Dana, support", WORDS, "Alice A."):
        assert words in read
    for where in ("/", "/blog/", FEED):
        assert TITLE in text_of(visiting(), where)
    assert TITLE in text_of(support, "/office/blog/")


def test_a_comment_that_gives_a_number_away_is_pointed_out_first(support: Client, alice: Person) -> None:
    where, said = f"/blog/{put_up(support).slug}/comment/", "Call +1 202 555 0142 and ask."
    warned = write(visiting(alice), where, body=said)
    assert (
        warned.status_code == 200
        and "+1 202 555 0142" in warned.content.decode()
        and Post.objects.count() == 1
    )
    assert again(visiting(alice), where, warned, body=said).status_code == 302


@pytest.mark.parametrize("field", ["body", "title", "signed_as"])
def test_script_and_cards_in_an_article_do_nothing(support: Client, field: str) -> None:
    bad = write(support, NEW, **{"title": TITLE, "slug": "", field: "4111 1111 1111 1111"})
    assert bad.status_code == 422 and not Article.objects.exists() and not Thread.objects.exists()
    article = put_up(support, **{field: "<script>alert(1)</script>"})
    for where in (f"/blog/{article.slug}/", "/", "/blog/", FEED):
        assert "<script>alert" not in text_of(visiting(), where)


@pytest.mark.parametrize("slug", ["feed", "Two words", "../office", "a" * 81])
def test_an_address_is_small_letters_and_nobody_elses(support: Client, slug: str) -> None:
    assert write(support, NEW, title=TITLE, slug=slug).status_code == 422
    put_up(support, slug="taken")
    again_there = write(support, NEW, title="Another", slug="taken", body="Other words altogether.")
    assert again_there.status_code == 422 and Article.objects.count() == 1


def test_a_title_without_letters_has_an_address_all_the_same(support: Client) -> None:
    assert text_of(visiting(), f"/blog/{put_up(support, title='漢字?').slug}/")


def test_only_its_author_changes_an_article_or_takes_it_down(support: Client, settings: Any) -> None:
    article = put_up(support)
    where, other = f"/office/blog/{article.pk}/", office("support", settings, "second@iplum.example")
    assert other.get(where).status_code == 404
    other.post(where + "take-down/")
    assert TITLE in text_of(visiting(), f"/blog/{article.slug}/")
    assert write(support, where, title="What we mended", body="Other words.").status_code == 302
    read = text_of(visiting(), f"/blog/{article.slug}/")
    assert (
        "What we mended" in read and "Other words." in read and "Dana, support" in read and "changed" in read
    )
    support.post(where + "take-down/")
    assert visiting().get(f"/blog/{article.slug}/").status_code == 404 and TITLE not in text_of(
        visiting(), FEED
    )


def test_dana_without_the_role_and_alice_write_no_article(alice: Person, settings: Any) -> None:
    officer, hers = office("privacy-officer", settings), Secure(SERVER_NAME="localhost")
    hers.force_login(alice.user)
    for client, status in ((officer, 403), (hers, 403), (Secure(SERVER_NAME="localhost"), 302)):
        assert client.get("/office/blog/").status_code == client.get(NEW).status_code == status
        assert client.post(NEW, FIELDS).status_code == status
    assert visiting(alice).get(NEW).status_code == 404, "not on this host"


def test_comments_can_be_closed_and_victor_has_to_sign_in(support: Client, alice: Person) -> None:
    article = put_up(support)
    where = f"/blog/{article.slug}/comment/"
    assert visiting().get(where)["Location"].startswith("/sign-in/?next=/blog/")
    support.post(f"/office/blog/{article.pk}/close/", {"close": "yes"})
    assert visiting(alice).get(where).status_code == 404
    assert write(support, f"/office/blog/{article.pk}/", title=TITLE, body="Other words.").status_code == 302
    support.post(f"/office/blog/{article.pk}/close/", {"close": "no"})
    assert visiting(alice).get(where).status_code == 200


def test_a_comment_goes_with_its_author_and_its_quote_with_it(support: Client, alice: Person) -> None:
    article = put_up(support)
    where = f"/blog/{article.slug}/"
    write(visiting(alice), where + "comment/", afterwards="remove")
    said = Post.objects.get(kind="comment")
    charlie = visiting(person(CHARLIE))
    sent = write(
        charlie,
        where + f"comment/?quote={said.pk}",
        quoted="holds its heat",
        body="So it does.",
        signed_as="C.",
    )
    assert sent.status_code == 302 and text_of(visiting(), where).count("holds its heat") == 2
    erase(alice.owner_id.hex, SYSTEM)
    read = text_of(visiting(), where)
    assert "holds its heat" not in read and "Alice A." not in read and "So it does." in read


def test_the_feed_is_rss_and_leads_to_the_articles(support: Client) -> None:
    article = put_up(support, title="]]> & <b>", slug="odd")
    feed = Xml.fromstring(text_of(visiting(), FEED))  # noqa: S314 - our own feed
    (link,) = [each.text or "" for each in feed.findall("channel/item/link")]
    assert visiting().get(re.sub(r"https://[^/]+", "", link))["Location"] == f"/blog/{article.slug}/"


def test_an_article_that_cannot_be_kept_leaves_no_address_behind(support: Client, monkeypatch: Any) -> None:
    def refuses(*_: Any) -> None:
        raise flows.NotPosted("Not now.")

    monkeypatch.setattr("troth.posting.flows.post", refuses)
    assert "Not now." in write(support, NEW, title=TITLE, slug="here").content.decode()
    assert not Article.objects.exists() and not Thread.objects.exists()
