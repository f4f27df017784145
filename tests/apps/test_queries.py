"""Queries: what they see, what they cannot reach, how they end."""

import html
import io
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
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
from troth.apps.files import flows as filing
from troth.apps.files import sending
from troth.apps.files.models import Document, Folder
from troth.apps.queries import flows, running, shown
from troth.apps.queries.models import Answer, Query, Run
from troth.apps.records import flows as records
from troth.apps.records import shape
from troth.apps.records.models import Collection, Field, Finding, Kind
from troth.apps.records.shape import Draft
from troth.gate.journal.models import Entry
from troth.gate.subjects.erase import erase
from troth.gate.uses import SYSTEM
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import opened
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable
SECRET = "Zinnwaldite"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path


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


@pytest.mark.parametrize("began", [-running.LOST_AFTER, timedelta(days=400)])
def test_what_a_killed_worker_left_a_moment_ago_begins_again(here: Access, began: timedelta) -> None:
    asked = flows.ask(here, "SELECT 42 AS a", {})
    Run.every.update(state=Run.State.RUNNING, began_at=timezone.now() + began)
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


def test_a_query_that_ran_is_changed_by_whoever_may_see_it(here: Access, alice: Person) -> None:
    ran = run(here, "SELECT 41 + 1")
    page = at(here, f"queries/?run={ran.pk}")
    assert page in browser(alice).get(at(here, f"queries/runs/{ran.pk}/")).content.decode()
    assert "SELECT 41 + 1" in browser(alice).get(page).content.decode()
    guest, part = customer(CHARLIE), pots(here)
    Grant(owner_id=here.workspace.owner_id, to_id=guest.owner_id, right=Right.VIEW, part=part.pk).save()
    theirs = browser(guest).get(page)
    assert theirs.status_code == 200 and "41 + 1" not in theirs.content.decode()
    assert browser(guest).get(at(here, "queries/?run=x")).status_code == 200


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


# -- files


def csv_file(here: Access, name: str, content: bytes, inside: Folder | None = None) -> Document:
    """A file of the workspace, as an upload leaves it."""
    upload = sending.begin(here, inside and inside.pk, name, len(content))
    coming = io.BytesIO(content)
    sending.send(here, upload, 0, coming.read)
    with enter(here):
        found = sending.find(here, upload.pk)
    assert found is not None
    return sending.finish(here, found)


KILNS = (
    b'Kiln,Heat,Built,Code\r\n"Old, brick",1250.5,2019-03-01,007\r\nNew,980,2024-11-30,12\r\n,,,\r\n'
    b'"two\nlines",,,\r\n'
)


def test_a_file_is_a_table_beside_the_collections(here: Access) -> None:
    pots(here)
    csv_file(here, "kilns.csv", KILNS)
    figures = 'count(*), sum("Heat"), max("Built"), min("Code"), (SELECT count(*) FROM pots)'
    done = run(here, f'SELECT {figures} FROM "kilns.csv"')  # noqa: S608 - ours
    assert answer(here, done) == [["3", "2230.5", "2024-11-30", "007", "3"]]
    told = run(here, 'SELECT "Kiln" FROM "KILNS.csv" WHERE "Heat" IS NULL')
    assert answer(here, told) == [["two\nlines"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Name;Ort\nÄpfel;Köln\nBirnen;Graz\n".encode("cp1252"), "Köln"),
        ("Name\tOrt\nÄpfel\tKöln\nBirnen\tGraz\n".encode("utf-16"), "Köln"),
        (b"\xef\xbb\xbf" + "Name,Ort\nÄpfel,Köln\nBirnen,Graz\n".encode(), "Köln"),
    ],
    ids=["cp1252;", "utf-16 tab", "utf-8 with a mark"],
)
def test_a_file_is_read_however_it_is_written(here: Access, content: bytes, expected: str) -> None:
    csv_file(here, "orte.csv", content)
    assert answer(here, run(here, """SELECT "Ort" FROM 'orte.csv' WHERE "Name" = 'Äpfel'""")) == [[expected]]


WIDE = (",".join(f"c{n}" for n in range(10_000)) + "\n" + "," * 9_999 + "\n").encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'a,b\n1,"two\nlines"\n3,"open\n5,6\n', "“bad.csv”, line 4: A quotation mark in this row is not closed"),
        (b"a,b\n" + "ä,1\n".encode() * 200 + "ö,2\n".encode("cp1252"),
         "“bad.csv”, line 202: This row holds bytes that are no UTF-8"),
        (b"a,b\n1,2\n3,4,5\n", "“bad.csv”, line 3: This row has 3 values; there are 2 columns"),
        (WIDE, "“bad.csv”, line 1: This file has 10,000 columns, and 1,000 can be read at most"),
        (b"a,b\n1," + b"x" * (1 << 20) + b"\n", "“bad.csv”, line 2: A line of this file is longer"),
    ],
    ids=["quotes", "encodings", "too many values", "10,000 columns", "a line without end"],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_its_name_and_line(
    here: Access, content: bytes, words: str
) -> None:
    csv_file(here, "bad.csv", content)
    pots(here)
    failed = run(here, 'SELECT * FROM "bad.csv"')
    assert failed.state == Run.State.FAILED and words in wrong(here, failed)
    assert answer(here, run(here, "SELECT count(*) FROM pots")) == [["3"]], "others are not held up by it"


def test_files_of_one_name_and_names_with_quotes_are_told_apart(here: Access, alice: Person) -> None:
    old = filing.make_folder(here, None, "Old")
    csv_file(here, 'a "b".csv', b"x,y\n1,2\n3,4\n")
    csv_file(here, 'a "b".csv', b"x,y\n5,6\n", old)
    assert answer(here, run(here, 'SELECT max(x) FROM "a ""b"".csv"')) == [["3"]]
    assert answer(here, run(here, 'SELECT max(x) FROM "a ""b"".csv 2"')) == [["5"]]
    page = html.unescape(browser(alice).get(at(here, "queries/")).content.decode())
    assert '"a ""b"".csv"' in page and '"a ""b"".csv 2" <span class="soft">file in Old</span>' in page


def test_only_files_that_the_starter_may_see_are_tables(here: Access) -> None:
    shared = filing.make_folder(here, None, "Shared")
    csv_file(here, "open.csv", b"a,b\n1,2\n3,4\n", shared)
    csv_file(here, "closed.csv", f"a,b\n{SECRET},2\n3,4\n".encode())
    gone = csv_file(here, "gone.csv", f"a,b\n{SECRET},2\n3,4\n".encode())
    filing.trash(here, gone)
    charlie = customer(CHARLIE)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.VIEW, part=shared.pk).save(
        force_insert=True
    )
    his = access(charlie, here.workspace)
    assert answer(his, run(his, 'SELECT count(*) FROM "open.csv"')) == [["2"]]
    for name in ("closed.csv", "gone.csv"):
        failed = run(his, f'SELECT * FROM "{name}"')  # noqa: S608 - ours
        assert failed.state == Run.State.FAILED and SECRET not in wrong(his, failed)
    assert run(here, 'SELECT * FROM "gone.csv"').state == Run.State.FAILED
    page = browser(charlie).get(at(here, "queries/")).content.decode().partition("Your latest runs")[0]
    page = page.partition("What can be asked")[2]
    assert "open.csv" in page and "closed.csv" not in page and "gone.csv" not in page


def test_a_file_is_opened_only_for_a_query_that_names_it_and_lies_nowhere_in_clear(
    here: Access, tmp_path: Path
) -> None:
    csv_file(here, "secret.csv", f"a,b\n{SECRET},2\n{SECRET},4\n".encode())
    pots(here)
    before = Entry.objects.count()
    run(here, "SELECT count(*) FROM pots")
    without = Entry.objects.count() - before
    assert answer(here, run(here, 'SELECT count(*) FROM "secret.csv"')) == [["2"]]
    assert Entry.objects.count() - before > 2 * without, "reading the file is on record"
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
