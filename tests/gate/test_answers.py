"""What leaves the house when something is refused, erased, broken or locked: a plain page, and never a value."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from troth.apps.enquiries.models import Enquiry
from troth.config import hosts
from troth.gate.errors import GateError, KeyStoreError, Refused, SealedError
from troth.gate.journal.models import Entry
from troth.gate.keystore import keys
from troth.gate.keystore.models import DataKey
from troth.gate.uses import EACH, SYSTEM, act
from troth.gate.uses.outward import Stream

pytestmark = durable


@pytest.fixture(autouse=True)
def _pages(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setitem(hosts.URLCONFS, "company", "tests.gate.pages")
    settings.ROOT_URLCONF = "tests.gate.pages"


@pytest.fixture
def answered(victor: Client, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], tuple[int, str]]]:
    """Status and body of a page; whatever it is, Alice's address stands in no log."""

    def get(name: str) -> tuple[int, str]:
        answer = victor.get(f"/test/{name}/")
        body = b"".join(answer) if answer.streaming else answer.content  # type: ignore[call-overload]
        return answer.status_code, body.decode()

    yield get
    assert ALICE["email"] not in caplog.text


Get = Callable[[str], tuple[int, str]]


def test_a_lazy_response_is_rendered_inside_the_use(answered: Get) -> None:
    enquiry_of()
    count = Entry.objects.count()
    assert answered("lazy") == (200, ALICE["email"])
    assert Entry.objects.count() == count + 1


def test_a_lazy_response_without_a_use_shows_nothing(answered: Get) -> None:
    enquiry_of()
    status, body = answered("lazy_without_a_use")
    assert status == 500 and ALICE["email"] not in body


def test_a_refusal_that_was_swallowed_twice_is_a_403_all_the_same(answered: Get) -> None:
    enquiry_of()
    status, body = answered("swallowed")
    assert status == 403 and "swallowed" not in body and ALICE["email"] not in body


def test_a_refusal_that_was_swallowed_is_no_form_with_errors_either(answered: Get) -> None:
    enquiry_of()
    status, body = answered("swallowed_into_a_form")
    assert status == 403 and "swallowed" not in body


def test_a_read_outside_a_use_that_was_swallowed_is_a_500(answered: Get) -> None:
    enquiry_of()
    status, body = answered("swallowed_outside")
    assert status == 500 and "swallowed" not in body


@pytest.mark.parametrize("path", ["eager", "lazy", "careless"])
def test_what_was_erased_is_gone(answered: Get, path: str) -> None:
    keys.intend_erasure(enquiry_of().owner_id.hex)
    status, body = answered(path)
    assert status == 410 and "carry on" not in body


@pytest.mark.parametrize("path", ["eager", "lazy", "careless"])
def test_a_missing_key_is_a_500_and_an_alarm(
    answered: Get, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    enquiry_of()
    DataKey.objects.all().delete()
    assert answered(path)[0] == 500 and "KeyMissing" in caplog.text


@pytest.mark.parametrize("path", ["eager", "lazy", "careless"])
@pytest.mark.parametrize(
    "forged",
    [b"", b"alice@archer.example", b'{"email":"alice@archer.example"}', b"T\x01\x01\x00\x01" + b"x" * 70],
)
def test_a_forged_envelope_is_a_500_and_never_a_value(answered: Get, path: str, forged: bytes) -> None:
    enquiry_of()
    Enquiry.objects.update(sealed=forged)
    status, body = answered(path)
    assert status == 500 and ALICE["email"] not in body


def test_two_envelopes_exchanged_are_a_500(answered: Get) -> None:
    alice, charlie = enquiry_of(), enquiry_of(CHARLIE)
    Enquiry.objects.filter(pk=alice.pk).update(sealed=charlie.sealed)
    Enquiry.objects.filter(pk=charlie.pk).update(sealed=alice.sealed)
    status, body = answered("eager")
    assert status == 500 and ALICE["email"] not in body and CHARLIE["email"] not in body


@pytest.mark.parametrize("path", ["eager", "lazy", "careless", "template_swallows_keys"])
def test_a_key_folder_that_is_away_is_a_503(
    answered: Get, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry_of()

    def away() -> None:
        raise KeyStoreError("key folder cannot be reached")

    keys.forget_cached()
    monkeypatch.setattr(keys, "keeper", away)
    status, body = answered(path)
    assert status == 503 and "carry on" not in body and "swallowed" not in body


def test_a_database_that_does_not_answer_is_a_503(answered: Get) -> None:
    assert answered("locked")[0] == 503


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no one lock for all writers")
def test_while_another_writer_holds_the_database_no_value_leaves(answered: Get) -> None:
    enquiry_of()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    status, body = answered("eager")
    other.execute("ROLLBACK")
    other.close()
    assert status == 503 and ALICE["email"] not in body
    assert answered("eager") == (200, ALICE["email"])


def test_a_stray_stream_opens_nothing(victor: Client) -> None:
    enquiry_of()
    pieces = iter(victor.get("/test/late/"))
    assert next(pieces) == b"first;"
    with pytest.raises(SealedError):
        next(pieces)


def test_a_streams_entry_is_durable_before_its_first_piece(victor: Client) -> None:
    enquiry_of()
    enquiry_of(CHARLIE)
    count = Entry.objects.count()
    answer = victor.get("/test/stream/")
    assert Entry.objects.count() == count + 1 and Entry.objects.latest("seq").subjects == 2
    assert b"".join(answer).decode() == f"{ALICE['email']};{CHARLIE['email']};"  # type: ignore[call-overload]


def opened(*fields: str) -> tuple[Stream, Enquiry]:
    enquiry_of()
    row = Enquiry.objects.get()
    return Stream("answering-enquiries", [row], fields, by=SYSTEM, given=EACH), row


def test_a_stream_gives_what_it_named_and_nothing_else() -> None:
    stream, row = opened("email", "name")
    other = enquiry_of(CHARLIE)
    assert (stream.read(row, "email"), stream.read(row, "name")) == (ALICE["email"], ALICE["name"])
    for asked, name in ((row, "message"), (other, "email")):
        with pytest.raises(Refused):
            stream.read(asked, name)
    stream.close()
    with pytest.raises(Refused):
        stream.read(row, "email")


def test_a_stream_that_is_refused_is_on_record() -> None:
    enquiry_of()
    row = Enquiry.objects.get()
    with pytest.raises(Refused):
        Stream("personalising", [row], ("email",), by=SYSTEM, given=EACH)
    last = Entry.objects.latest("seq")
    assert (last.kind, last.purpose) == (5, "personalising")


def test_a_stream_cannot_begin_within_an_act() -> None:
    enquiry_of()
    with pytest.raises(GateError, match="act"), act():
        Stream("answering-enquiries", [Enquiry.objects.get()], ("email",), by=SYSTEM, given=EACH)


def test_an_error_page_says_what_to_do_and_shows_no_trace(answered: Get) -> None:
    enquiry_of()
    for path in ("swallowed", "locked", "swallowed_outside"):
        body = answered(path)[1]
        assert "Traceback" not in body and "<h1" in body and "troth/gate" not in body
