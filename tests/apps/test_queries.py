"""Queries: what they see, what they cannot reach, how they end."""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from tests.cast import durable
from tests.workspaces.customers import (
    CHARLIE,
    access,
    at,
    browser,
    colleague,
    customer,
    submission,
    workspace,
)
from troth.accounts.people.models import Person
from troth.apps.queries import flows, running, shown
from troth.apps.queries.models import Answer, Query, Run
from troth.apps.records import flows as records
from troth.apps.records import shape
from troth.apps.records.models import Collection, Field, Finding, Kind
from troth.apps.records.shape import Draft
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import opened
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable
SECRET = "Zinnwaldite"


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    yield
    for going in list(running.GOING.values()):
        going.process.kill()
        going.process.wait()
    running.GOING.clear()


def pots(here: Access, name: str = "Pots", glaze: str = "Ash") -> Collection:
    made = shape.make_collection(
        here, name,
        (Draft("Glaze"), Draft("Price", Kind.NUMBER, Finding.PLAIN), Draft("Fired", Kind.DATE),
         Draft("Sold", Kind.BOOLEAN)),
    )  # fmt: skip
    with enter(here):
        fields = {field.name: field.pk for field in Field.objects.filter(collection=made)}
    for values in (
        {"Glaze": glaze, "Price": "12.50", "Fired": "2027-01-31", "Sold": "yes"},
        {"Glaze": 'Salt, "wet"\nsecond line', "Price": "-3"},
        {"Glaze": "=1+1"},
    ):
        records.make_record(here, made, {fields[key]: value for key, value in values.items()})
    return made


def run(by: Access, sql: str, **parameters: str) -> Run:
    """Ask, and let the worker take turns until it is over."""
    return over(by, flows.ask(by, sql, parameters).pk)


def over(by: Access, pk: UUID, seconds: float = 60.0) -> Run:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        running.turn()
        with opened(by.workspace.owner_id):
            found: Run = Run.objects.get(pk=pk)
        if found.is_over:
            return found
        time.sleep(0.05)
    raise AssertionError(f"still {found.state}")


def answer(by: Access, done: Run) -> list[list[str]]:
    assert done.state == Run.State.DONE, wrong(by, done)
    with enter(by):
        return shown.answer(done)[1]


def wrong(by: Access, failed: Run) -> str:
    with enter(by):
        return str(failed.wrong)


def test_a_query_sees_values_as_what_they_are(here: Access) -> None:
    pots(here)
    done = run(here, 'SELECT count(*), sum("Price"), max("Fired"), count("Sold") FROM "Pots"')
    assert answer(here, done) == [["3", "9.5", "2027-01-31", "1"]] and not done.is_cut
    sold = run(here, 'SELECT "Glaze" FROM pots WHERE "Sold" AND "Price" > $least', least="10")
    assert answer(here, sold) == [["Ash"]]
    odd = run(here, 'SELECT "Glaze" FROM pots WHERE "Glaze" LIKE \'%wet%\'')
    assert answer(here, odd) == [['Salt, "wet"\nsecond line']]


def test_a_value_of_a_parameter_is_no_sql(here: Access) -> None:
    pots(here)
    done = run(here, 'SELECT count(*) FROM pots WHERE "Glaze" = $it', it="' OR 1=1 --")
    assert answer(here, done) == [["0"]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'", "SELECT * FROM glob('/*')",
        "SELECT * FROM read_text('/proc/self/environ')", "SELECT * FROM read_csv('https://localhost/x.csv')",
        "ATTACH '/tmp/x.db'", "COPY pots TO '/tmp/troth-query.csv'", "INSTALL httpfs", "LOAD httpfs",
        "SET enable_external_access = true", "CREATE TABLE t AS SELECT 1", "DROP TABLE pots", "PRAGMA database_list",
        "SELECT 1; SELECT 2", "EXPORT DATABASE '/tmp/x'", "selec", "",
    ],
)  # fmt: skip
def test_what_a_query_must_not_do_fails_and_says_so(here: Access, sql: str) -> None:
    pots(here)
    failed = run(here, sql)
    assert failed.state == Run.State.FAILED and not Answer.every.exists()
    assert wrong(here, failed) and "root:" not in wrong(here, failed)


def test_a_query_without_end_is_stopped(here: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SECONDS", 1)
    endless = "WITH RECURSIVE t AS (SELECT 1 a UNION ALL SELECT a + 1 FROM t) SELECT sum(a) FROM t"
    failed = run(here, endless)
    assert failed.state == Run.State.FAILED and "longer than" in wrong(here, failed)


def test_an_answer_without_end_is_cut(here: Access) -> None:
    done = run(here, "SELECT * FROM range(1000000000)")
    assert done.is_cut and done.rows == running.MOST_ROWS
    wide = run(here, f"SELECT {','.join('1' * 300)}")
    assert "300 columns" in wrong(here, wide) and not Answer.every.filter(run=wide).exists()
    failed = run(here, "SELECT list(r) FROM range(300000000) t(r)")
    assert failed.state == Run.State.FAILED and "Memory" in wrong(here, failed)


def test_a_query_sees_what_its_starter_may_see_and_no_more(here: Access) -> None:
    charlie = customer(CHARLIE)
    mine = pots(here, glaze=SECRET)
    pots(here, "Buyers", glaze="Vera")
    other = workspace(charlie)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.VIEW, part=mine.pk).save(
        force_insert=True
    )
    guest = access(charlie, here.workspace)
    assert answer(guest, run(guest, 'SELECT count(*) FROM "Pots"')) == [["3"]]
    assert run(guest, 'SELECT * FROM "Buyers"').state == Run.State.FAILED
    assert run(other, 'SELECT * FROM "Pots"').state == Run.State.FAILED
    asked = flows.ask(guest, 'SELECT * FROM "Pots"', {})
    Grant.objects.all().delete()
    assert over(here, asked.pk).state == Run.State.FAILED


def test_an_answer_lies_sealed_and_goes_with_its_workspace(here: Access) -> None:
    pots(here, glaze=SECRET)
    run(here, 'SELECT * FROM "Pots"')
    kept = b"".join(bytes(row.sealed) for model in (Run, Answer) for row in model.every.all())
    assert Answer.every.exists() and b"SELECT" not in kept and SECRET.encode() not in kept
    erase(here.workspace.owner_id.hex, SYSTEM)
    assert not Run.every.exists() and not Answer.every.exists()


def test_a_cancelled_query_ends_and_answers_nothing(here: Access) -> None:
    asked = flows.ask(here, "SELECT count(*) FROM range(100000000000) t(a) WHERE a % 7 = 3", {})
    running.turn()
    assert running.GOING
    flows.cancel(here, asked.pk)
    running.turn()
    assert not running.GOING and over(here, asked.pk).state == Run.State.CANCELLED


def test_what_a_killed_worker_left_fails_and_is_not_run_for_ever(here: Access) -> None:
    asked = flows.ask(here, "SELECT 1", {})
    long_ago = timezone.now() - timedelta(minutes=11)
    Run.every.update(state=Run.State.RUNNING, began_at=long_ago, asked_at=long_ago)
    assert over(here, asked.pk).state == Run.State.FAILED


def test_what_a_killed_worker_left_a_moment_ago_begins_again(here: Access) -> None:
    asked = flows.ask(here, "SELECT 42 AS a", {})
    Run.every.update(state=Run.State.RUNNING, began_at=timezone.now() - running.LOST_AFTER)
    assert answer(here, over(here, asked.pk)) == [["42"]]


def test_pressed_twice_it_runs_once_and_a_crowd_is_refused(here: Access) -> None:
    first = flows.ask(here, "SELECT 1", {})
    assert flows.ask(here, "SELECT 1", {}, first.pk).pk == first.pk and Run.every.count() == 1
    for _ in range(flows.MOST_WAITING - 1):
        flows.ask(here, "SELECT 1", {})
    with pytest.raises(flows.NotNow):
        flows.ask(here, "SELECT 1", {})


def test_a_workspace_erased_while_its_query_runs_leaves_nothing(here: Access) -> None:
    flows.ask(here, "SELECT count(*) FROM range(100000000000) t(a) WHERE a % 7 = 3", {})
    running.turn()
    (going,) = running.GOING.values()
    erase(here.workspace.owner_id.hex, SYSTEM)
    running.turn()
    assert going.process.poll() is not None and not running.GOING
    assert not Run.every.exists() and not Answer.every.exists()


# -- pages


def test_the_pages_ask_run_show_and_hand_the_answer_over(here: Access, alice: Person) -> None:
    pots(here)
    client, page = browser(alice), at(here, "queries/")
    opening = client.get(page)
    assert '"Pots"' in opening.content.decode()
    told = {"sql": 'SELECT "Glaze", "Price" FROM pots WHERE "Price" > $least OR "Price" IS NULL', "name": "",
            "submission": submission(opening)}  # fmt: skip
    asks = client.post(page, told)
    assert asks.status_code == 200 and "Value of $least" in asks.content.decode()
    sent = client.post(page, {**told, "parameter-least": "1", "submission": submission(asks)})
    waiting = client.get(sent["Location"])
    assert waiting["Refresh"] and "waits for its turn" in waiting.content.decode()
    over(here, UUID(sent["Location"].rstrip("/").rpartition("/")[2]))
    done = client.get(sent["Location"])
    assert (
        "Ash" in done.content.decode() and "Price by Glaze" in done.content.decode() and "Refresh" not in done
    )
    file = client.get(sent["Location"] + "answer.csv")
    assert b"'=1+1" in file.content and b"Ash,12.5" in file.content


def test_a_long_value_is_cut_on_the_page_and_whole_in_the_file(here: Access, alice: Person) -> None:
    long, vast = run(here, "SELECT repeat('x', 20000) AS a"), run(here, "SELECT repeat('x', 9000000) AS a")
    pages = [at(here, f"queries/runs/{each.pk}/") for each in (long, vast)]
    client = browser(alice)
    shown_, too_large = (client.get(page).content.decode() for page in pages)
    assert "x" * 500 + "…" in shown_ and "x" * 501 not in shown_
    assert b"x" * 20000 in client.get(pages[0] + "answer.csv").content
    assert "Too large to show" in too_large and "fits the query" not in too_large


def test_a_query_is_kept_changed_and_deleted(here: Access, alice: Person) -> None:
    client, page = browser(alice), at(here, "queries/")
    told = {"sql": "SELECT 1", "name": "", "keep": "on", "submission": submission(client.get(page))}
    assert client.post(page, told).status_code == 422
    kept = client.post(page, {**told, "name": "One"})["Location"]
    client.post(kept, {**told, "name": "Two", "submission": submission(client.get(kept))})
    assert "Two" in client.get(page).content.decode() and Query.every.count() == 1
    client.post(kept + "delete/")
    assert not Query.every.exists() and client.get(kept).status_code == 404


def test_others_answers_are_for_who_sees_all(here: Access, alice: Person) -> None:
    charlie, bob = customer(CHARLIE), colleague(alice)
    mine = pots(here)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.VIEW, part=mine.pk).save(
        force_insert=True
    )
    letting_in.seat(here, bob.owner_id, Role.VIEWER)
    done = run(here, 'SELECT * FROM "Pots"')
    page = at(here, f"queries/runs/{done.pk}/")
    as_charlie: Client = browser(charlie)
    assert as_charlie.get(page).status_code == 404 and as_charlie.get(page + "answer.csv").status_code == 404
    assert as_charlie.post(page + "cancel/").status_code == 404
    assert "Ash" in browser(bob).get(page).content.decode()
    kept = flows.keep_query(here, "Uranium", "SELECT 1")
    assert as_charlie.get(at(here, f"queries/{kept.pk}/")).status_code == 404
    assert "Uranium" not in as_charlie.get(at(here, "queries/")).content.decode()
