"""The pages of imports and exports: from a file to records and back, and what strangers find there."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.apps.test_record_imports import HEADER, POTS, lines, work
from tests.cast import durable, staff
from tests.workspaces.customers import CHARLIE, access, at, browser, customer, workspace
from troth.accounts.people.models import Membership, Person
from troth.apps.records import exporting, flows, shape
from troth.apps.records.cells import neutral
from troth.apps.records.import_models import Import
from troth.apps.records.models import Collection, Field, Kind, Record
from troth.apps.records.shape import Draft
from troth.gate.errors import Refused
from troth.gate.journal.models import Entry
from troth.workspaces import flows as workspaces
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Grant, Right

pytestmark = durable


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def into(here: Access) -> Collection:
    return shape.make_collection(here, "Pots", POTS)


@pytest.fixture
def mine(alice: Person) -> Client:
    return browser(alice)


def base(here: Access, into: Collection) -> str:
    return at(here, f"records/{into.pk}/")


def submission(mine: Client, address: str) -> str:
    found = re.search(r'name="submission" value="([^"]+)"', mine.get(address).content.decode())
    assert found
    return found[1]


def upload(mine: Client, address: str, data: bytes, name: str = "pots.csv", **more: str) -> Any:
    told = {"submission": submission(mine, address), "file": SimpleUploadedFile(name, data), **more}
    return mine.post(address, told)


def chosen(mine: Client, address: str) -> dict[str, str]:
    """The form of the mapping page as it stands."""
    form = mine.get(address).context_data
    how, columns = form["how"], form["form"]
    told = {name: how[name].value() or "" for name in how.fields}
    told |= {name: columns[name].value() or "" for name in columns.fields}
    return {name: "on" if value is True else str(value) for name, value in told.items()} | {
        "columns": str(len(form["columns"]))
    }


def test_a_file_is_sent_mapped_imported_listed_and_undone(
    mine: Client, here: Access, into: Collection
) -> None:
    address = base(here, into) + "import/"
    assert b"Nothing yet." in mine.get(address).content
    one = upload(mine, address, (HEADER + lines(3)).encode())["Location"]
    shown = mine.get(one).content.decode()
    assert "vera0@buyer.example" in shown and "These 3 rows can be imported." in shown
    told = chosen(mine, one)
    assert mine.post(one, {**told, "do": "start"})["Location"] == one
    waiting = mine.get(one)
    assert waiting["Refresh"] == "2" and "Refresh" not in mine.get(one + "?still=1")
    work()
    done = mine.get(one).content.decode()
    assert "3 records came in" in done and "Undo this import" in done
    assert b"3 records" in mine.get(address).content
    assert mine.post(one + "undo/").status_code == 302
    assert b"Its records are taken away again" in mine.get(one).content
    work()
    assert not Record.every.exists()


def test_a_second_press_makes_no_second_import(mine: Client, here: Access, into: Collection) -> None:
    address = base(here, into) + "import/"
    key, data = submission(mine, address), (HEADER + lines(3)).encode()
    for _ in range(2):
        mine.post(address, {"submission": key, "file": SimpleUploadedFile("pots.csv", data)})
    assert Import.every.count() == 1
    one = address + f"{Import.every.get().pk}/"
    told = chosen(mine, one)
    for _ in range(2):
        mine.post(one, {**told, "do": "start"})
    work()
    assert Record.every.count() == 3


def test_an_empty_collection_takes_its_fields_from_the_file(mine: Client, here: Access) -> None:
    into = shape.make_collection(here, "New")
    address = base(here, into) + "import/"
    data = "Name;Mail;Born;Paid;Zip;Sum\nZoë;zoe@x.example;2001-02-03;yes;01234;1.50\nBob;bob@x.example;;no;99999;2\n"
    one = upload(mine, address, data.encode("utf-16"))["Location"]
    mine.post(one, {**chosen(mine, one), "do": "start", "found_0": "plain"})
    work()
    with enter(here):
        made = {field.name: field.kind for field in Field.objects.filter(collection=into)}
    assert made == {
        "Name": Kind.TEXT, "Mail": Kind.EMAIL, "Born": Kind.DATE, "Paid": Kind.BOOLEAN, "Zip": Kind.TEXT,
        "Sum": Kind.NUMBER,
    }  # fmt: skip
    assert Record.every.filter(is_shown=True).count() == 2


def test_the_preview_shows_what_is_wrong_and_follows_what_is_chosen(
    mine: Client, here: Access, into: Collection
) -> None:
    address = base(here, into) + "import/"
    one = upload(mine, address, b"Glaze,Buyer\nAsh,none\n,a@b.example\n4111 1111 1111 1111,\n")["Location"]
    shown = mine.get(one).content.decode()
    assert (
        "This is not an e-mail address." in shown
        and "payment card" in shown
        and "3 of these 3 rows are wrong" in shown
    )
    told = chosen(mine, one)
    answer = mine.post(one, {**told, "into_1": "", "do": "look"})
    assert answer.status_code == 200 and "2 of these 3" in answer.content.decode()
    assert Import.every.get().state == Import.State.MAPPING
    again = mine.post(one, {**told, "delimiter": ";", "do": "look"})
    assert again.status_code == 200 and "Glaze,Buyer" in again.content.decode()
    assert mine.post(one, {**told, "into_0": "", "into_1": "", "do": "start"}).status_code == 422
    assert mine.post(one, {**told, "into_1": told["into_0"], "do": "start"}).status_code == 422
    assert mine.post(one, {**told, "into_1": "x" * 32, "do": "start"}).status_code == 422


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02" * 500, b",".join(b"c%d" % n for n in range(10_000))])
def test_what_cannot_be_read_is_said_and_not_kept(
    mine: Client, here: Access, into: Collection, data: bytes
) -> None:
    answer = upload(mine, base(here, into) + "import/", data)
    assert answer.status_code == 422 and not Import.every.exists()


def test_rows_can_be_pasted_and_wrong_ones_fetched_with_the_reason(
    mine: Client, here: Access, into: Collection
) -> None:
    address = base(here, into) + "import/"
    text = "Glaze\tPrice\tNotes\nAsh\tx\t=1+1\nSalt\t5\t\n"
    one = mine.post(address, {"submission": submission(mine, address), "text": text})["Location"]
    mine.post(one, {**chosen(mine, one), "do": "start", "wrong": "good"})
    work()
    assert "Row 2" in mine.get(one).content.decode()
    file = mine.get(one + "refused.csv").content.decode("utf-8-sig").splitlines()
    assert file[0] == "Row,What is wrong,Glaze,Price,Notes"
    assert (
        file[1].startswith("2,")
        and "Price: This is not a number" in file[1]
        and file[1].endswith("Ash,x,'=1+1")
    )
    assert len(file) == 2 and Record.every.count() == 1


def test_a_hundred_thousand_rows_come_in_pieces(mine: Client, here: Access, into: Collection) -> None:
    address, data = base(here, into) + "import/", b"Glaze\n" + b"Ash\n" * 100_000
    told = {"submission": submission(mine, address), "size": len(data), "name": "many.csv"}
    first = mine.post(
        address + "pieces/", {**told, "file": SimpleUploadedFile("piece", data[:200_000])}
    ).json()
    part = {"position": 1, "piece": SimpleUploadedFile("piece", data[200_000:])}
    assert b"has not come whole" in mine.get(first["address"]).content
    assert mine.post(first["address"] + "pieces/", part).json()["here"] == len(data)
    assert (
        mine.post(
            first["address"] + "pieces/", {"position": 2, "piece": SimpleUploadedFile("p", b"x")}
        ).status_code
        == 409
    )
    assert b"What goes where" in mine.get(first["address"]).content
    big = {
        **told,
        "size": 10**11,
        "submission": submission(mine, address),
        "file": SimpleUploadedFile("piece", b"Glaze\nAsh\n"),
    }
    assert mine.post(address + "pieces/", big).status_code == 409


def test_nobody_else_finds_an_import(mine: Client, here: Access, into: Collection) -> None:
    address = base(here, into) + "import/"
    one = upload(mine, address, (HEADER + lines(1)).encode())["Location"]
    charlie, dana, victor = browser(customer(CHARLIE)), Client(), Client()
    dana.force_login(staff().user)
    for stranger, refused in ((charlie, 404), (dana, (302, 403, 404)), (victor, (302, 403))):
        wanted = refused if isinstance(refused, tuple) else (refused,)
        for path in (
            address,
            one,
            one + "refused.csv",
            base(here, into) + "export/",
            base(here, into) + "export/csv/",
        ):
            assert stranger.get(path).status_code in wanted, path
        for path in (one + "stop/", one + "undo/", one + "pieces/", address + "pieces/", one, address):
            assert stranger.post(path).status_code in wanted, path
    assert Import.every.get().state == Import.State.MAPPING


def test_an_import_is_found_in_its_own_collection_and_workspace_only(
    mine: Client, here: Access, into: Collection
) -> None:
    one = upload(mine, base(here, into) + "import/", (HEADER + lines(1)).encode())["Location"]
    which = one.rstrip("/").rsplit("/", 1)[1]
    other = shape.make_collection(here, "Other", POTS)
    assert mine.get(base(here, other) + f"import/{which}/").status_code == 404
    place = Membership.objects.get(owner=here.person)
    there = access(Person.objects.get(owner=here.person), workspaces.begin(place, "Second", accepts=True))
    assert mine.get(base(there, into) + f"import/{which}/").status_code == 404
    assert mine.get(base(there, into) + "export/csv/").status_code == 404


def test_a_viewer_exports_and_does_not_import(here: Access, into: Collection) -> None:
    charlie = customer(CHARLIE)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.VIEW, part=into.pk).save(
        force_insert=True
    )
    other, guest = shape.make_collection(here, "Other", POTS), browser(charlie)
    assert guest.get(base(here, into) + "export/csv/").status_code == 200
    assert guest.get(base(here, other) + "export/csv/").status_code == 404
    assert guest.get(base(here, into) + "import/").status_code == 403
    assert guest.post(base(here, into) + "import/", {"text": "Glaze\nAsh\n"}).status_code == 403


def filled(here: Access, into: Collection, count: int = 3) -> None:
    with enter(here):
        names = {field.name: field.pk for field in Field.objects.filter(collection=into)}
    for n in range(count):
        flows.make_record(here, into, {
            names["Glaze"]: "=HYPERLINK(1)", names["Price"]: f"-{n + 1}", names["Number"]: f"-A{n}",
            names["Notes"]: "+1 202 555 0142\nand @more",
        })  # fmt: skip


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_formulas_are_taken_out_of_a_csv_and_numbers_stay_numbers(
    mine: Client, here: Access, into: Collection
) -> None:
    filled(here, into, 1)
    answer = mine.get(base(here, into) + "export/csv/")
    text = body(answer).decode("utf-8-sig")
    assert (
        answer["Content-Type"] == "text/csv; charset=utf-8" and "attachment" in answer["Content-Disposition"]
    )
    assert (
        "'=HYPERLINK(1)" in text
        and ",-1," in text
        and ",'-A0," in text
        and '"\'+1 202 555 0142\nand @more"' in text
    )


@pytest.mark.parametrize("cell", ["=1", "+a", "-a", "@a", "\ta", "\ra", "-1+2", "+1=2", "-5,=1", "=", "-"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert neutral(cell) == "'" + cell


@pytest.mark.parametrize(
    "cell", ["", "5", "-5", "-5.25", "+5", "-1,5", "+1 202 555 0142", "a=b", "a-b", "'=1"]
)
def test_everything_else_stays_as_it_is(cell: str) -> None:
    assert neutral(cell) == cell


def test_json_lines_hold_what_was_typed_and_can_be_imported_again(
    mine: Client, here: Access, into: Collection
) -> None:
    filled(here, into)
    data = body(mine.get(base(here, into) + "export/jsonl/"))
    found = [json.loads(line) for line in data.splitlines()]
    assert found[0] == {
        "Glaze": "=HYPERLINK(1)",
        "Price": "-1",
        "Number": "-A0",
        "Notes": "+1 202 555 0142\nand @more",
    }
    other = shape.make_collection(here, "Again", POTS)
    one = upload(mine, base(here, other) + "import/", data, "again.jsonl")["Location"]
    mine.post(one, {**chosen(mine, one), "do": "start"})
    work()
    assert body(mine.get(base(here, other) + "export/jsonl/")) == data


def test_an_export_is_cut_when_the_access_is_taken_back_and_was_on_record_before(
    here: Access, into: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "BATCH", 2)
    filled(here, into, 5)
    charlie = customer(CHARLIE)
    Grant(owner_id=here.workspace.owner_id, to_id=charlie.owner_id, right=Right.VIEW, part=into.pk).save(
        force_insert=True
    )
    guest, before = access(charlie, here.workspace), Entry.objects.count()
    pieces = exporting.export(guest, into, exporting.CSV)
    assert next(pieces) and next(pieces)
    assert Entry.objects.count() > before
    Grant.objects.all().delete()
    guest.asked_at -= 5
    with pytest.raises(Refused):
        next(pieces)


def test_what_an_import_has_not_finished_is_not_exported(mine: Client, here: Access) -> None:
    into = shape.make_collection(here, "Hidden", (Draft("Glaze"),))
    with enter(here):
        glaze = Field.objects.get(collection=into).pk
    flows.make_record(here, into, {glaze: "Ash"})
    Record.every.update(is_shown=False)
    assert b"Ash" not in body(mine.get(base(here, into) + "export/csv/"))
