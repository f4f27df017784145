"""Taking one's data along: what is in the archive, who gets it, and what is left of it afterwards."""

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Clock
from tests.gate.zoo.opening import zoo  # noqa: F401 - opens the zoo for this module
from troth.engine.ledger import VerifierKey
from troth.engine.ledger.manifest import open_manifest
from troth.gate.errors import Erased, GateError, Refused
from troth.gate.export import exporting, preparing
from troth.gate.export.jobs import serve_exports
from troth.gate.export.models import Export
from troth.gate.export.reading import Reading, safe_name
from troth.gate.files import disk, stored
from troth.gate.files.models import StoredFile
from troth.gate.ids import uuid7
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Entry
from troth.gate.subjects.erase import erase
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.merging import merge
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.gate.uses.history import history
from troth.verify.__main__ import main as verify

pytestmark = durable
CATEGORY = "requests.request-text"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path
    begin_log()


def alice(**changes: str) -> UUID:
    owner: UUID = enquiry_of({**ALICE, **changes}).owner_id
    return owner


def asked(owner: UUID, *categories: str, subjects: tuple[UUID, ...] = ()) -> Export:
    return exporting.ask_for(owner, subjects, categories, Actor("data-subject", owner))


def now(export: Export) -> Export:
    return Export.objects.get(pk=export.pk)


def prepared(owner: UUID, *categories: str, subjects: tuple[UUID, ...] = ()) -> Export:
    export = asked(owner, *categories, subjects=subjects)
    assert preparing.prepare_one()
    return now(export)


def downloaded(export: Export) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(exporting.open_stream(export))))


def data_of(export: Export) -> Any:
    return json.loads(downloaded(export).read("data.json"))


def keep_file(owner: UUID, content: bytes, name: str = "photo of the kiln.jpg") -> StoredFile:
    with using("answering-requests", by=SYSTEM, at="request-desk"):
        return stored.write(owner, name, "image/jpeg", [content], CATEGORY)


def on_disk() -> list[Path]:
    return [path for path in disk.folder().rglob("*") if path.is_file()]


def test_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    owner = alice()
    keep_file(owner, b"a picture" * 20_000)
    integrate()
    export = prepared(owner)
    assert (export.state, export.progress, export.asked_by) == ("ready", 100, "data-subject")
    (tmp_path / "own.zip").write_bytes(b"".join(exporting.open_stream(export)))
    archive = zipfile.ZipFile(tmp_path / "own.zip")
    assert archive.testzip() is None
    names = archive.namelist()
    assert {
        "index.html",
        "data.json",
        "schema.json",
        "checkpoint",
        "vkey",
        "manifest.json",
        "manifest.note",
    } < {*names}
    assert archive.read("files/0001-photo of the kiln.jpg") == b"a picture" * 20_000
    values = {
        value["name"]: value["value"]
        for row in json.loads(archive.read("data.json"))["rows"]
        for value in row["values"]
    }
    assert values["company"] == ALICE["company"] and values["message"] == ALICE["message"]
    assert verify([str(tmp_path / "own.zip"), "--vkey", log.vkey()]) == 0
    assert "3 proven" in capsys.readouterr().out  # the enquiry, its confirmation, the file


def test_the_data_is_of_the_schema_that_comes_with_it() -> None:
    owner = alice()
    keep_file(owner, b"x")
    archive = downloaded(prepared(owner))
    schema, data = json.loads(archive.read("schema.json")), json.loads(archive.read("data.json"))
    jsonschema_rs.Draft202012Validator(schema).validate(data)
    assert {value["category"] for row in data["rows"] for value in row["values"]} - {""} == {
        *data["categories"]
    }
    assert data["uses"] and data["files"][0]["path"] in archive.namelist()


def test_the_manifest_names_every_member_and_is_signed_by_the_logs_key() -> None:
    archive = downloaded(prepared(alice()))
    manifest = json.loads(archive.read("manifest.json"))
    listed = [member["name"] for member in manifest["members"]]
    assert sorted([*listed, "manifest.json", "manifest.note"]) == sorted(archive.namelist())
    assert open_manifest(archive.read("manifest.note").decode(), VerifierKey.parse(log.vkey()))


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example","x")', "＝1")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_begins_as_a_formula(formula: str) -> None:
    archive = downloaded(prepared(alice(company=formula, message=f"x;{formula}")))
    text = archive.read("csv/enquiries.enquiry.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["company"] == f"'{formula}"
    assert f'"x;{formula[0]}' in text, "a `;` in a value stays inside its quotes"
    for line in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]


def test_what_somebody_typed_is_text_on_the_page_and_never_markup() -> None:
    archive = downloaded(prepared(alice(name="<script>alert(1)</script>", company="'\"><img src=x>")))
    page = archive.read("index.html").decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page and "<img" not in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "").replace(
        "https://localhost", ""
    )


def test_the_page_says_of_each_item_what_why_from_where_and_until_when() -> None:
    page = downloaded(prepared(alice())).read("index.html").decode()
    for words in (
        "so that we can answer you",
        "Contact Us form",
        "collect.contact",
        "24 months after: last contact",
        "Kept until 20",
    ):
        assert words in page
    assert "receipts/" in page and "prefers-color-scheme: dark" in page


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"), ("a\\b:c.txt", "a_b_c.txt"), ("..", "file"), ("", "file"),
        ("\u202egpj.exe", "_gpj.exe"), ("x" * 300 + ".pdf", "x" * 76 + ".pdf"),
        ("Ofenplan für März.pdf", "Ofenplan für März.pdf"),
        ("line\nbreak", "line_break"),
    ],
)  # fmt: skip
def test_a_files_name_is_safe_wherever_the_archive_is_unpacked(name: str, safe: str) -> None:
    assert safe_name(name).lstrip("_.") == safe.lstrip("_.")


def test_two_files_of_one_name_are_two_members() -> None:
    owner = alice()
    for content in (b"one", b"two"):
        keep_file(owner, content, "same.txt")
    archive = downloaded(prepared(owner))
    assert [archive.read(f"files/000{n}-same.txt") for n in (1, 2)] == [b"one", b"two"]


def test_only_the_categories_that_were_chosen_are_in_it() -> None:
    owner = alice()
    keep_file(owner, b"x")
    archive = downloaded(prepared(owner, "contact"))
    data = json.loads(archive.read("data.json"))
    assert {*data["categories"]} and all(name.startswith("contact.") for name in data["categories"])
    assert not data["files"] and not data["uses"]
    assert not [name for name in archive.namelist() if name.startswith(("files/", "receipts/"))]
    assert ALICE["message"] not in archive.read("index.html").decode()
    with pytest.raises(GateError, match="no category"):
        asked(owner, "shoe-size")


def test_nothing_of_charlie_is_in_alices_archive_and_his_id_opens_nothing() -> None:
    owner, charlie = alice(), enquiry_of(CHARLIE).owner_id
    export = prepared(owner)
    archive = downloaded(export)
    assert not [
        name
        for name in archive.namelist()
        if b"Charlie" in archive.read(name) or b"Chen" in archive.read(name)
    ]
    assert exporting.find(charlie, export.pk) is None and exporting.of(charlie) == []
    assert exporting.find(owner, export.pk) == export
    for by in (Actor("data-subject", charlie), Actor("sales"), Actor("visitor")):
        with pytest.raises(Refused):
            exporting.open_stream(export, by)


def test_a_row_that_tells_of_somebody_else_says_that_it_was_withheld() -> None:
    from tests.gate.zoo.models import Magpie

    owner, other = alice(), alice(name="Bob")
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        Magpie(
            owner_id=owner, about_id=other, nickname="Bobby", email="bob@archer.example", name="Alice"
        ).save()
    mine = downloaded(prepared(owner))
    row = next(row for row in json.loads(mine.read("data.json"))["rows"] if row["model"] == "zoo.Magpie")
    assert row["is_own"] and "E-mail address" in row["withheld"]
    assert not [name for name in mine.namelist() if b"bob@archer.example" in mine.read(name)]
    theirs = next(row for row in data_of(prepared(other))["rows"] if row["model"] == "zoo.Magpie")
    assert not theirs["is_own"] and {value["value"] for value in theirs["values"]} == {
        "Bobby",
        "bob@archer.example",
    }


def test_two_who_ask_at_once_get_the_same_export() -> None:
    owner = alice()
    given = beside(lambda: asked(owner).pk, 4)
    assert len(set(given)) == 1 and Export.objects.count() == 1
    prepared(owner)
    assert asked(owner).pk not in given


def test_one_under_way_is_given_to_nobody_who_asks_for_something_else() -> None:
    owner, other = alice(), enquiry_of().owner_id
    first = asked(owner, "use-record")
    assert asked(owner, "use-record").pk == first.pk
    whole, both = asked(owner), asked(owner, subjects=(other,))
    shells = exporting.ask_for(owner, [], [], SYSTEM)
    assert len({first.pk, whole.pk, both.pk, shells.pk}) == 4
    assert asked(owner).pk == whole.pk and asked(owner, subjects=(other, owner)).pk == both.pk
    while preparing.prepare_one():
        pass
    assert data_of(now(first))["rows"] == []
    for export in (whole, both, shells):
        assert ALICE["message"] in json.dumps(data_of(now(export))["rows"])


def test_two_subjects_proven_to_be_one_person_are_in_one_archive() -> None:
    owner, other = alice(), alice(message="A second enquiry, sent before signing up.")
    data = data_of(prepared(owner, subjects=(other,)))
    assert {row["part"] for row in data["rows"]} == {1, 2}
    assert "second enquiry" in json.dumps(data)


def test_reading_it_all_makes_one_entry_for_the_person_and_the_download_another() -> None:
    owner = alice()
    before = Entry.objects.count()
    export = prepared(owner)
    assert Entry.objects.count() == before + 1
    chunks = exporting.open_stream(export)
    assert Entry.objects.count() == before + 2, "durable before the first byte"
    assert next(chunks)[:2] == b"PK"
    with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
        download, reading = history()[:2]
    assert download.fields == ("archive",) and {"contact.email", "archive"} <= {*reading.fields}


class Killed(BaseException):
    """The process ends here."""


def killed_amid(patch: pytest.MonkeyPatch) -> None:
    """End as a killed process does: nothing cleans up behind it."""

    def dies(*args: object) -> None:
        raise Killed

    with patch.context() as for_now:
        for_now.setattr(preparing.Writing, "abandon", lambda self: self._file.flush())
        for_now.setattr("troth.gate.export.bundle.write_page", dies)
        with pytest.raises(Killed):
            preparing.prepare_one()


def test_after_a_kill_the_half_made_archive_goes_and_it_is_begun_anew(
    monkeypatch: pytest.MonkeyPatch, set_clock: Clock
) -> None:
    export = asked(alice())
    killed_amid(monkeypatch)
    (half,) = on_disk()
    assert not preparing.prepare_one(), "its worker may still live"
    set_clock(timedelta(minutes=2))
    assert preparing.prepare_one()
    assert now(export).state == "ready" and now(export).attempts == 2
    (whole,) = on_disk()
    assert whole != half and zipfile.ZipFile.testzip(downloaded(now(export))) is None


def test_killed_three_times_it_has_failed_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, set_clock: Clock
) -> None:
    export = asked(alice())
    for turn in range(3):
        set_clock(timedelta(minutes=2 * turn))
        killed_amid(monkeypatch)
    set_clock(timedelta(minutes=8))
    assert preparing.prepare_one() and not preparing.prepare_one()
    assert now(export).state == "failed" and not on_disk()


def test_after_three_failures_it_has_failed_and_may_be_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = alice()
    export = asked(owner)
    with monkeypatch.context() as for_now:
        for_now.setattr("troth.gate.export.bundle.write_tables", lambda *args: 1 / 0)
        assert [preparing.prepare_one() for _ in range(4)] == [True, True, True, False]
    assert now(export).state == "failed" and not on_disk() and not StoredFile.objects.exists()
    assert prepared(owner).state == "ready"


def test_a_lease_taken_under_a_wrong_clock_is_not_waited_for(
    set_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(timedelta(days=2))
    export = asked(alice())
    killed_amid(monkeypatch)
    set_clock(timedelta())
    assert preparing.prepare_one() and now(export).state == "ready"


def test_it_lives_for_seven_days_and_not_longer(set_clock: Clock) -> None:
    export = prepared(alice())
    set_clock(timedelta(days=7) - timedelta(minutes=1))
    assert exporting.expire_due() == 0 and downloaded(export)
    set_clock(timedelta(days=7, seconds=1))
    with pytest.raises(GateError, match="its time is over"):
        exporting.open_stream(export)
    assert exporting.expire_due() == 1 and exporting.expire_due() == 0
    assert now(export).state == "expired" and not on_disk() and not StoredFile.objects.exists()


def test_what_is_not_ready_cannot_be_downloaded() -> None:
    with pytest.raises(GateError, match="not ready"):
        exporting.open_stream(asked(alice()))


def test_an_archive_that_is_not_on_disk_any_more_is_an_answer_and_no_fault() -> None:
    export = prepared(alice())
    disk.remove(str(export.archive and export.archive.token))
    with pytest.raises(GateError, match="ask for another"):
        exporting.open_stream(export)


Amid = Callable[[Callable[[], object]], None]


@pytest.fixture
def amid(monkeypatch: pytest.MonkeyPatch) -> Amid:
    """Do something while an archive is being written."""
    monkeypatch.setattr(preparing, "BEAT_SECONDS", 0.0)
    whole = Reading.files

    def put(work: Callable[[], object]) -> None:
        def files(self: Reading, visit: Any) -> None:
            whole(self, visit)
            work()

        monkeypatch.setattr(Reading, "files", files)

    return put


def test_an_export_under_way_ends_when_its_owner_is_erased_and_leaves_nothing(amid: Amid) -> None:
    owner = alice()
    keep_file(owner, b"x" * 300_000)
    asked(owner)
    amid(lambda: erase(owner.hex, SYSTEM))
    assert preparing.prepare_one() and not preparing.prepare_one()
    finish_erasures()
    assert not on_disk() and not Export.objects.exists() and not StoredFile.objects.exists()


def test_an_erasure_at_the_last_moment_leaves_nothing_either(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = alice()
    asked(owner)
    make_ready = exporting.make_ready

    def late(export: Export, archive: StoredFile) -> bool:
        erase(owner.hex, SYSTEM)
        return make_ready(export, archive)

    monkeypatch.setattr(exporting, "make_ready", late)
    assert preparing.prepare_one()
    assert not on_disk() and not Export.objects.exists() and not StoredFile.objects.exists()


def test_a_ready_archive_goes_with_anybody_whose_data_is_in_it() -> None:
    owner, other, third = alice(), alice(), alice()
    export, apart = prepared(owner, subjects=(other,)), prepared(third)
    erase(other.hex, SYSTEM)
    assert now(export).state == "expired" and now(apart).state == "ready"
    assert len(on_disk()) == 1 == StoredFile.objects.count()
    erase(third.hex, SYSTEM)
    assert not on_disk() and not StoredFile.objects.exists()


def test_a_key_erased_amid_the_download_stops_it_within_a_chunk() -> None:
    owner = alice()
    keep_file(owner, bytes(300_000))
    chunks = exporting.open_stream(prepared(owner))
    assert len(next(chunks)) == 65_536
    erase(owner.hex, SYSTEM)
    with pytest.raises(Erased):
        next(chunks)


def test_an_archive_goes_along_when_its_owner_turns_out_to_be_somebody_known() -> None:
    one, into = alice(), alice()
    export = prepared(one)
    merge(one, into, SYSTEM)
    moved = now(export)
    assert moved.owner_id == into and downloaded(moved).testzip() is None


def test_an_owner_who_becomes_another_amid_the_writing_gets_the_archive_at_the_next_turn(amid: Amid) -> None:
    one, into = alice(), alice(message="The other enquiry.")
    export, done = asked(one, subjects=(into,)), list[Erasure]()
    amid(lambda: done or done.append(merge(one, into, SYSTEM)))
    assert [preparing.prepare_one() for _ in range(3)] == [True, True, False]
    assert (now(export).owner_id, now(export).state, len(on_disk())) == (into, "ready", 1)
    assert [row["part"] for row in data_of(now(export))["rows"] if row["model"] == "enquiries.Enquiry"] == [
        1,
        1,
    ]


def test_how_far_it_is_can_be_seen(amid: Amid) -> None:
    owner, seen = alice(), list[int]()
    keep_file(owner, bytes(100_000))
    export = asked(owner)
    amid(lambda: seen.append(now(export).progress))
    preparing.prepare_one()
    assert 0 < seen[0] < seen[1] < 100 == now(export).progress


@pytest.fixture
def told() -> Iterator[list[UUID]]:
    seen: list[UUID] = []
    faults = [True]

    def tell(export: Export) -> None:
        if faults:
            faults.pop()
            raise OSError
        seen.append(export.pk)

    usual = list(exporting.READY)
    exporting.READY[:] = [tell]
    yield seen
    exporting.READY[:] = usual


def test_whoever_asked_is_told_once_it_is_ready_though_telling_failed_at_first(told: list[UUID]) -> None:
    export = prepared(alice())
    assert [exporting.tell_due() for _ in range(3)] == [0, 1, 0]
    assert told == [export.pk]


def test_the_worker_prepares_it_aside(told: list[UUID]) -> None:
    export, until = asked(alice()), time.monotonic() + 20
    serve_exports()
    while now(export).state == "preparing" and time.monotonic() < until:
        time.sleep(0.05)
    assert now(export).state == "ready"
    serve_exports(), serve_exports()
    assert told == [export.pk]


def test_many_rows_are_all_there() -> None:
    from tests.gate.zoo.models import Elephant

    owner = alice()
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        Elephant.objects.bulk_create([Elephant(id=uuid7(), owner_id=owner, name=f"e{n}") for n in range(450)])
    archive = downloaded(prepared(owner))
    rows = [row for row in json.loads(archive.read("data.json"))["rows"] if row["model"] == "zoo.Elephant"]
    assert {row["values"][0]["value"] for row in rows} == {f"e{n}" for n in range(450)}
    assert archive.read("csv/zoo.elephant.csv").decode().count("\n") == 451
