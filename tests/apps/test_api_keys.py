"""Keys of the API: made on the workspace's page, narrowed, ended, and never good for more than whoever made them."""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.apps.api_house import API, Program, key, make_by_page, pot, pots, program, shown_key
from tests.apps.conftest import Secure
from tests.cast import durable
from tests.workspaces.customers import (
    ALICE,
    CHARLIE,
    access,
    at,
    browser,
    colleague,
    customer,
    mails,
    submission,
    workspace,
)
from troth.accounts.hooks import hooks
from troth.accounts.hooks.models import Event
from troth.accounts.people.models import Membership, Person
from troth.apps.api import jobs, keys, limiting
from troth.apps.api.models import ApiKey, Replay
from troth.apps.files import flows as files
from troth.apps.files.models import CATEGORY, Document
from troth.apps.queries import flows as queries
from troth.gate.errors import Refused
from troth.gate.files.stored import Writing
from troth.gate.journal.models import Entry
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM
from troth.workspaces import flows as workspaces
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter, narrowed
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable


def test_the_server_of_the_workspaces_company_is_told_of_a_key_and_of_nothing_else(here: Access) -> None:
    assert here.workspace.customer_id
    hooks.choose(
        Membership.objects.get(customer=here.workspace.customer_id), "https://alarms.kiln-ledger.example/"
    )
    key(here)
    (event,) = Event.objects.all()
    assert (event.owner_id, event.what) == (here.workspace.customer_id, Event.What.KEY_MADE)


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


def is_shut(by: Program) -> bool:
    """Whether a key lets nobody in; every way not to be let in looks the same."""
    answer, other = by.get(""), Program("troth_nothing").get("")
    assert answer.status_code in (200, 401)
    if answer.status_code == 200:
        return False
    assert answer.content == other.content and dict(answer.headers) == dict(other.headers)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    return True


# -- the page


def test_a_key_is_made_on_the_page_shown_once_and_kept_as_a_hash(here: Access, alice: Person) -> None:
    client = browser(alice)
    page = make_by_page(client, here, name="Web shop")
    assert page.status_code == 200 and page["Cache-Control"].count("no-store")
    text = shown_key(page)
    (letter,) = [body for _, body in mails(ALICE["email"]) if "a key by which programs" in body]
    assert text not in letter and at(here, "api/") in letter
    assert Program(text).get("").json()["key"] == {
        "name": "Web shop", "right": "view", "part": None, "ends_at": Program(text).get("").json()["key"]["ends_at"],
    }  # fmt: skip
    again = client.get(at(here, "api/")).content.decode()
    assert text not in again and "Web shop" in again and "last used" in again
    stored = ApiKey.every.get()
    secret = text.rpartition("_")[2]
    kept = repr([getattr(stored, each.attname) for each in stored._meta.concrete_fields]).encode()
    assert secret.encode() not in kept and keys._bytes(secret) not in bytes(stored.secret_hash)
    assert b"Web shop" not in bytes(stored.sealed)


def test_the_button_pressed_twice_makes_one_key_and_does_not_show_it_again(
    here: Access, alice: Person
) -> None:
    client = browser(alice)
    same = {"submission": submission(client.get(at(here, "api/")))}
    assert shown_key(make_by_page(client, here, **same))
    second = make_by_page(client, here, **same)
    assert second.status_code == 302 and ApiKey.every.count() == 1
    assert b"was shown then" in client.get(at(here, "api/")).content


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "4111 1111 1111 1111"}, {"right": "manage"}, {"last_day": ""}, {"last_day": "2020-01-01"},
     {"last_day": "2099-01-01"}, {"part": "018f0000-0000-7000-8000-000000000000"}, {"submission": "x"}],
)  # fmt: skip
def test_a_key_that_cannot_be_is_not_made(here: Access, alice: Person, wrong: dict[str, str]) -> None:
    assert make_by_page(browser(alice), here, **wrong).status_code == 422 and not ApiKey.every.exists()


def test_one_press_ends_a_key_and_managers_end_everybodys(here: Access, alice: Person) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    bobs, alices = program(access(bob, here.workspace)), program(here)
    of_alice = ApiKey.every.get(person=alice.owner_id)
    bobs_page = browser(bob).get(at(here, "api/")).content.decode()
    assert bobs_page.count("/end/") == 1 and str(of_alice.pk) not in bobs_page
    assert browser(bob).post(at(here, f"api/{of_alice.pk}/end/")).status_code == 403 and not is_shut(alices)
    assert browser(alice).get(at(here, "api/")).content.decode().count("/end/") == 2
    of_bob = ApiKey.every.get(person=bob.owner_id)
    assert browser(alice).post(at(here, f"api/{of_bob.pk}/end/")).status_code == 302
    assert is_shut(bobs) and not is_shut(alices)
    assert browser(alice).post(at(here, f"api/{of_bob.pk}/end/")).status_code == 302


def test_nobody_makes_a_key_for_more_than_they_may_do(here: Access, alice: Person) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    with pytest.raises(Refused):
        key(access(bob, here.workspace), Right.EDIT)
    assert make_by_page(browser(bob), here, right="edit").status_code == 403
    assert not ApiKey.every.exists()


# -- who is let in


@pytest.mark.parametrize(
    "text", ["", "troth_", "x", "troth_" + "a" * 26 + "_" + "a" * 52, "\x00", "a" * 5_000]
)
def test_what_is_no_key_lets_nobody_in(here: Access, text: str) -> None:
    program(here)
    assert is_shut(Program(text))


def test_no_part_of_a_key_is_enough(here: Access) -> None:
    text = key(here)
    other = key(workspace(customer(CHARLIE)))
    head, _, secret = text.rpartition("_")
    for wrong in (
        f"{other.rpartition('_')[0]}_{secret}",
        f"{head}_{other.rpartition('_')[2]}",
        text[:-1],
        text.upper(),
    ):
        assert is_shut(Program(wrong)), wrong
    assert not is_shut(Program(text))


def test_a_session_is_no_key(here: Access, alice: Person) -> None:
    assert browser(alice).get(API).status_code == 401
    text = key(here)
    both = Secure(SERVER_NAME="localhost").get(API, headers={"Authorization": f"Basic {text}"})
    assert both.status_code == 401
    assert Secure(SERVER_NAME="localhost").get(f"{API}?key={text}").status_code == 401


def test_a_key_ends_on_its_day(here: Access) -> None:
    by = program(here)
    ApiKey.every.update(ends_at=timezone.now())
    assert is_shut(by)


def test_a_key_ends_with_its_persons_way_in(here: Access, alice: Person) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    by = program(access(bob, here.workspace))
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    made, _ = pots(here)
    assert not is_shut(by)
    assert by.post(f"/collections/{made.pk}/records", {"values": {"Glaze": "Ash"}}).status_code == 403
    letting_in.unseat(here, bob.owner_id)
    assert is_shut(by)


def test_a_key_ends_with_a_grant_and_with_the_company_of_its_person(here: Access) -> None:
    charlie = customer(CHARLIE)
    place = Membership.objects.get(owner=charlie.owner_id)
    Grant(owner_id=here.workspace.owner_id, to_id=place.customer_id, right="view").save(force_insert=True)
    by = program(access(charlie, here.workspace), Right.VIEW)
    assert not is_shut(by)
    place.delete()
    assert is_shut(by)


def test_a_key_ends_with_its_persons_account_and_leaves_nothing(here: Access, alice: Person) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    by, made = program(access(bob, here.workspace)), pots(here)[0]
    sent = by.post(
        f"/collections/{made.pk}/records", {"values": {"Glaze": "Ash"}}, **{"Idempotency-Key": "a"}
    )
    assert sent.status_code == 201 and Replay.every.exists()
    erase(bob.owner_id.hex, SYSTEM)
    assert is_shut(by) and not ApiKey.every.exists() and not Replay.every.exists()


def test_a_key_ends_as_soon_as_the_erasure_of_its_person_is_begun(here: Access, alice: Person) -> None:
    by = program(here)
    Erasure.objects.create(subject=alice.owner_id.hex)
    assert is_shut(by)


def test_a_key_ends_with_the_erasure_of_its_workspace(here: Access) -> None:
    by = program(here)
    workspaces.delete(here)
    assert is_shut(by) and not ApiKey.every.exists()


def test_an_ended_key_stops_a_download_that_is_running(here: Access, alice: Person) -> None:
    by = program(here, Right.VIEW)
    file = kept(here, b"x" * (1 << 20))
    answer = by.get(f"/files/{file.pk}/content")
    chunks = iter(answer.streaming_content)
    assert next(chunks)
    keys.end_key(here, ApiKey.every.get().pk)
    time.sleep(0.06)
    with pytest.raises(Refused):
        for _ in chunks:
            pass


def kept(here: Access, data: bytes, folder: UUID | None = None, name: str = "a.txt") -> Document:
    with enter(here, writes=True):
        writing = Writing(here.workspace.owner_id, name, "", CATEGORY)
    writing.write(data)
    return files.keep(here, folder, name, writing.close(), "text/plain")


# -- how far


def test_a_key_to_look_changes_nothing(here: Access) -> None:
    by, (made, fields) = program(here, Right.VIEW), pots(here)
    row, where = pot(here, made, fields), f"/collections/{made.pk}/records"
    assert by.get(f"{where}/{row.pk}").status_code == 200
    for method, path, body in (
        ("POST", where, {"values": {"Glaze": "x"}}), ("PATCH", f"{where}/{row.pk}", {"revision": 1, "values": {}}),
        ("DELETE", f"{where}/{row.pk}", None), ("POST", f"{where}/make", {"records": [{"values": {"Glaze": "x"}}]}),
        ("POST", f"{where}/change", {"records": [{"id": str(row.pk), "revision": 1, "values": {}}]}),
        ("POST", f"{where}/delete", {"ids": [str(row.pk)]}), ("POST", "/uploads", {"name": "a", "size": 1}),
    ):  # fmt: skip
        answer = by.send(method, path, body)
        assert answer.status_code == 403 and answer.json()["error"] == "refused", (method, path)
    assert by.get(where).json()["records"][0]["revision"] == 1


def test_a_key_to_one_collection_reaches_nothing_else(here: Access) -> None:
    (made, fields), (other, others) = pots(here), pots(here, "Secret pots")
    mine, theirs = pot(here, made, fields), pot(here, other, others, Glaze="Zinnwaldite")
    file, kept_query = kept(here, b"Zinnwaldite"), queries.keep_query(here, "Zinnwaldite", "SELECT 1")
    run = queries.ask(here, "SELECT 'Zinnwaldite'", {})
    by = program(here, Right.EDIT, made.pk)
    assert [each["name"] for each in by.get("/collections").json()] == ["Pots"]
    assert by.get("").json()["key"]["part"] == str(made.pk)
    assert (
        by.post(
            f"/collections/{made.pk}/records", {"values": {"Glaze": "x"}}, **{"Idempotency-Key": "a"}
        ).status_code
        == 201
    )
    assert (
        by.post(
            f"/collections/{made.pk}/records", {"values": {"Glaze": "x"}}, **{"Idempotency-Key": "a"}
        ).status_code
        == 201
    )
    assert by.get(f"/collections/{made.pk}/records/{mine.pk}").status_code == 200
    for path in (
        f"/collections/{other.pk}", f"/collections/{other.pk}/records", f"/collections/{other.pk}/records/{theirs.pk}",
        f"/collections/{made.pk}/records/{theirs.pk}", f"/files/{file.pk}", f"/files/{file.pk}/content",
        f"/runs/{run.pk}", f"/runs/{run.pk}/answer",
    ):  # fmt: skip
        assert by.get(path).status_code == 404, path
    assert by.get("/queries").json() == [] and by.get("/files").json()["entries"] == []
    for path, body in (
        (f"/queries/{kept_query.pk}/runs", {}),
        (f"/collections/{other.pk}/records", {"values": {"Glaze": "x"}}),
        (f"/collections/{other.pk}/records/delete", {"ids": [str(theirs.pk)]}),
    ):  # fmt: skip
        assert by.post(path, body).status_code == 404, path
    told = {"records": [{"id": str(theirs.pk), "revision": 1, "values": {}}]}
    assert by.post(f"/collections/{made.pk}/records/change", told).status_code == 422


def test_a_narrowed_key_gets_no_query_that_sees_everything(here: Access) -> None:
    made, _ = pots(here)
    narrow = narrowed(here, Right.EDIT, made.pk, lambda: True)
    assert narrow is not None
    with pytest.raises(Refused):
        queries.ask(narrow, "SELECT 1", {})
    run = queries.ask(here, "SELECT 'Zinnwaldite'", {})
    assert here.covers(run) and not narrow.covers(run) and not queries.is_shown_to(narrow, run)


def test_narrowing_never_widens(here: Access, alice: Person) -> None:
    """Over every right of the person and of the key, whole and in part."""
    made, _ = pots(here)
    order = list(Right)
    for has in order:
        for most in (Right.VIEW, Right.EDIT):
            whole = Access(here.workspace, here.person, has)
            in_part = Access(here.workspace, here.person, None, {made.pk: has})
            for given, part in ((whole, None), (whole, made.pk), (in_part, None), (in_part, made.pk)):
                found = narrowed(given, most, part, lambda: True)
                assert found is not None
                least = min(has, most, key=order.index)
                assert found.right_to(made.pk) == least
                assert found.right == (least if given is whole and part is None else None)
            assert narrowed(in_part, most, here.workspace.owner_id, lambda: True) is None


def test_a_guests_key_reaches_what_was_opened_to_them(here: Access) -> None:
    (made, fields), (other, _) = pots(here), pots(here, "Other")
    pot(here, made, fields)
    charlie = customer(CHARLIE)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right="view", part=made.pk).save(
        force_insert=True
    )
    page = make_by_page(browser(charlie), here)
    assert page.status_code == 403 or page.status_code == 200
    by = Program(shown_key(page))
    assert [each["id"] for each in by.get("/collections").json()] == [str(made.pk)]
    assert by.get(f"/collections/{other.pk}").status_code == 404


# -- another workspace


def test_a_key_of_one_workspace_reaches_nothing_of_another(here: Access) -> None:
    charlies = workspace(customer(CHARLIE), name="Ours")
    (made, fields), by = pots(here), program(charlies)
    row, file = pot(here, made, fields), kept(here, b"Zinnwaldite")
    kept_query, (ours, _) = queries.keep_query(here, "Q", "SELECT 1"), pots(charlies)
    for method, path, body in (
        ("GET", f"/collections/{made.pk}", None), ("GET", f"/collections/{made.pk}/records", None),
        ("GET", f"/collections/{made.pk}/records/{row.pk}", None),
        ("GET", f"/collections/{ours.pk}/records/{row.pk}", None),
        ("DELETE", f"/collections/{ours.pk}/records/{row.pk}", None), ("GET", f"/files/{file.pk}", None),
        ("GET", f"/files/{file.pk}/content", None), ("GET", f"/files?folder={file.pk}", None),
        ("POST", f"/queries/{kept_query.pk}/runs", {}),
        ("POST", f"/collections/{made.pk}/records", {"values": {"Glaze": "x"}}),
        ("POST", f"/collections/{made.pk}/records/make", {"records": [{"values": {"Glaze": "x"}}]}),
    ):  # fmt: skip
        assert by.send(method, path, body).status_code == 404, (method, path)
    told = {"records": [{"id": str(row.pk), "revision": 1, "values": {}}]}
    assert by.post(f"/collections/{ours.pk}/records/change", told).status_code == 422
    assert by.post(f"/collections/{ours.pk}/records/delete", {"ids": [str(row.pk)]}).status_code == 422
    with enter(here):
        assert ApiKey.objects.count() == 0


# -- the record, the limits, what is over


def test_what_a_key_uses_is_on_record_as_on_the_pages(here: Access) -> None:
    by, (made, fields) = program(here), pots(here)
    row = pot(here, made, fields)
    before = Entry.objects.count()
    by.get(f"/collections/{made.pk}/records/{row.pk}")
    (entry,) = list(Entry.objects.order_by("pk")[before:]) if Entry.objects.count() == before + 1 else [None]
    assert entry is not None


def test_too_many_requests_are_refused_until_the_time_is_over(
    here: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "MOST", 3)
    by, other = program(here), program(here)
    now = [1_000_000.0]
    monkeypatch.setattr(limiting.time, "time", lambda: now[0])
    left = [by.get("")["RateLimit"] for _ in range(3)]
    assert left == [f'"requests";r={n};t=20' for n in (2, 1, 0)]
    refused = by.get("")
    assert (
        refused.status_code == 429
        and refused["Retry-After"] == "20"
        and refused.json()["error"] == "too-many"
    )
    assert (
        refused["RateLimit-Policy"] == '"requests";q=3;w=60' and refused["RateLimit"] == '"requests";r=0;t=20'
    )
    assert other.get("").status_code == 200
    now[0] += 20
    assert by.get("").status_code == 200


def test_when_it_was_used_is_noted_once_a_minute(here: Access) -> None:
    by = program(here)
    by.get("")
    first = ApiKey.every.get().last_used_at
    by.get("")
    assert first and ApiKey.every.get().last_used_at == first
    ApiKey.every.update(last_used_at=first - timedelta(minutes=2))
    by.get("")
    assert ApiKey.every.get().last_used_at > first - timedelta(seconds=1)


def test_what_is_over_is_taken_away(here: Access) -> None:
    by, (made, _) = program(here), pots(here)
    key(here, days=20)
    by.post(f"/collections/{made.pk}/records", {"values": {"Glaze": "Ash"}}, **{"Idempotency-Key": "a"})
    assert jobs.tidy() == 0
    ApiKey.every.filter(last_used_at=None).update(ends_at=timezone.now() - timedelta(days=31))
    Replay.every.update(made_at=timezone.now() - timedelta(hours=25))
    assert jobs.tidy() == 2 and ApiKey.every.count() == 1 and not Replay.every.exists()
