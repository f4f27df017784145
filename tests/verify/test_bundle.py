"""An export, checked as an outsider checks it: what is said of a true one, and of every false one."""

import base64
import functools
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.engine.ledger.log import SEED, Log, built_for, grown_log, vectors
from tests.verify.test_verify import isolated
from troth.engine.ledger import NoteError, VerifierKey, ed25519, make_receipt, open_checkpoint
from troth.engine.ledger.manifest import open_manifest
from troth.engine.ledger.sign import Signer
from troth.gate.export.zipped import Zipped
from troth.verify.__main__ import main

LOG = grown_log(3)
BUILT, DETAILS = built_for("3f9a", "alice", "bob")
HEAD = LOG.add([BUILT.leaf])
RECEIPT = LOG.receipt(3, BUILT, BUILT.parts[0].salt, DETAILS[0], "3f9a")
FACTS = {
    "company": "iPlum", "made_at": "2026-11-24T15:00:00Z", "statement": "ab" * 32, "categories": [],
    "log": LOG.signer.key.name,
}  # fmt: skip
MEMBERS = {
    "data.json": b'{"rows": []}',
    "files/0001-photo.jpg": bytes(range(200)),
    "receipts/3f9a.json": RECEIPT.to_json().encode(),
    "checkpoint": HEAD.encode(),
    "vkey": LOG.vkey.encode() + b"\n",
}


class Paper(io.RawIOBase):
    """What cannot be gone back in, as the archive is written in the house."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.content += data
        return len(data)


def bundle(members: dict[str, bytes] = MEMBERS, signer: Signer = LOG.signer, **facts: Any) -> bytes:
    paper = Paper()
    zipped = Zipped(paper, datetime(2026, 11, 24, 15, tzinfo=UTC))
    for name, content in members.items():
        with zipped.member(name, size=len(content) if name.startswith("files/") else None) as out:
            out.write(content)
    zipped.close({**FACTS, **facts}, signer.sign_manifest)
    return bytes(paper.content)


WHOLE = bundle()
Answer = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True, scope="module")
def _signatures_are_checked_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ed25519, "verify", functools.cache(ed25519.verify))
        yield


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Answer:
    def run(content: bytes = WHOLE, vkey: str | None = LOG.vkey) -> tuple[int, str]:
        path = tmp_path / "your-data.zip"
        path.write_bytes(content)
        return main([str(path), *(["--vkey", vkey] if vkey else [])]), capsys.readouterr().out

    return run


def repacked(change: Callable[[dict[str, bytes]], object], content: bytes = WHOLE) -> bytes:
    """The same archive with other members, as anybody with a ZIP tool can make it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, inner in members.items():
            archive.writestr(name, inner)
    return out.getvalue()


def test_a_true_archive_is_valid_and_said_in_words(answer: Answer) -> None:
    code, said = answer()
    assert code == 0
    assert said.startswith("valid: ")
    for words in (
        "troth.example/log/1",
        "2026-11-24T15:00:00Z, by iPlum",
        "5, of",
        "1 proven",
        "the one you gave",
    ):
        assert words in said


def test_without_a_key_the_one_inside_is_used_and_the_answer_says_what_that_is_worth(answer: Answer) -> None:
    code, said = answer(vkey=None)
    assert code == 0
    assert "not who made it" in said and LOG.vkey in said


def test_the_archive_of_the_vectors_is_valid_and_its_changes_are_not(answer: Answer) -> None:
    case = vectors("export-bundle.json")
    content = base64.b64decode(case["bundle"])
    assert answer(content, case["vkey"])[0] == 0
    key = VerifierKey.parse(case["vkey"])
    assert open_manifest(case["note"], key).hex() == case["manifest_sha256"]
    for broken in case["broken"]:
        code, said = answer(base64.b64decode(broken["bundle"]), broken.get("vkey", case["vkey"]))
        assert (code, broken["said"] in said) == (1, True), (broken["why"], said)


@pytest.mark.parametrize("name", [*MEMBERS, "manifest.json", "manifest.note"])
def test_one_changed_byte_in_any_member_is_seen_and_the_member_named(answer: Answer, name: str) -> None:
    def spoil(at: int) -> Callable[[dict[str, bytes]], object]:
        return lambda members: members.update(
            {name: members[name][:at] + bytes([members[name][at] ^ 1]) + members[name][at + 1 :]}
        )

    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        length = len(archive.read(name))
    for at in range(0, length, max(1, length // 40)):
        code, said = answer(repacked(spoil(at)))
        assert (code, name in said) == (1, True), (at, said)


def test_no_changed_byte_of_the_whole_file_passes_with_another_content(answer: Answer) -> None:
    for at in range(len(WHOLE)):
        changed = WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :]
        code, said = answer(changed)
        assert code in (0, 1), said
        if code == 0:  # a date, a mode or a version of the container: not what anybody reads
            with zipfile.ZipFile(io.BytesIO(changed)) as archive:
                assert {name: archive.read(name) for name in MEMBERS} == MEMBERS


def test_every_cut_archive_is_invalid_and_never_a_crash(answer: Answer) -> None:
    assert {answer(WHOLE[:at])[0] for at in range(0, len(WHOLE), 11)} == {1}


def test_what_was_put_in_or_taken_out_is_named(answer: Answer) -> None:
    assert (
        "`more.txt` stands in the archive, but not"
        in answer(repacked(lambda m: m.update({"more.txt": b"x"})))[1]
    )
    assert "`data.json` is missing" in answer(repacked(lambda m: m.pop("data.json")))[1]
    for name in ("manifest.json", "manifest.note"):
        code, said = answer(repacked(lambda m, name=name: m.pop(name)))
        assert (code, f"`{name}` is missing" in said) == (1, True)


def test_another_houses_signature_is_refused(answer: Answer) -> None:
    other = Signer("evil.example/log/1", bytes(32))
    forged = bundle({**MEMBERS, "vkey": str(other.key).encode() + b"\n"}, other)
    assert answer(forged)[0] == 1
    assert answer(forged, None)[0] == 1  # the receipts inside are not of that house
    same_name = Signer(LOG.signer.key.name, bytes(32))
    assert answer(bundle(signer=same_name))[0] == 1


def test_a_signed_manifest_is_no_checkpoint_and_a_checkpoint_no_manifest(answer: Answer) -> None:
    key = LOG.signer.key
    note = LOG.signer.sign_manifest(sha256(b"").digest())
    with pytest.raises(NoteError):
        open_checkpoint(note, key)
    with pytest.raises(NoteError):
        open_manifest(HEAD, key)
    code, said = answer(repacked(lambda m: m.update({"manifest.note": HEAD.encode()})))
    assert (code, "manifest.note" in said) == (1, True)


def test_a_receipt_that_lies_is_named_though_the_house_signed_the_archive(answer: Answer) -> None:
    lying = {**MEMBERS, "receipts/3f9a.json": MEMBERS["receipts/3f9a.json"].replace(b"alice", b"carol")}
    assert "`receipts/3f9a.json`: the entry does not commit" in answer(bundle(lying))[1]
    renamed = {("receipts/0000.json" if "3f9a" in name else name): inner for name, inner in MEMBERS.items()}
    assert "of another entry" in answer(bundle(renamed))[1]


def test_a_receipt_of_the_log_before_a_restore_is_proven_under_the_same_key(answer: Answer) -> None:
    after = Signer("troth.example/log/2", SEED)
    later = {name: inner for name, inner in MEMBERS.items() if name != "checkpoint"}
    code, said = answer(bundle(later, after), str(after.key))
    assert (code, "1 proven" in said) == (0, True)


def test_two_trees_of_one_size_are_shown_as_a_fork(answer: Answer) -> None:
    other = Log()
    other.add([built_for(f"x{at}", "bob")[0].leaf for at in range(3)])
    code, said = answer(bundle({**MEMBERS, "checkpoint": other.note().encode()}))
    assert (code, "two different trees of 4 entries" in said) == (1, True)


def test_a_receipt_with_no_place_yet_is_counted_apart(answer: Answer) -> None:
    built, details = built_for("4a", "alice")
    waiting = make_receipt(
        LOG.signer.key.name, "4a", built.leaf, built.commitments, built.parts[0].salt, details[0]
    )
    code, said = answer(bundle({**MEMBERS, "receipts/4a.json": waiting.to_json().encode()}))
    assert (code, "1 proven; 1 had no place" in said) == (0, True)


def twice() -> bytes:
    out = io.BytesIO(WHOLE)
    with zipfile.ZipFile(out, "a") as archive:
        archive.NameToInfo.clear()
        archive.writestr("data.json", b"another")
    return out.getvalue()


def bomb() -> bytes:
    """A gigabyte and more of zeros in a few pages."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", bytes(4 << 20))
    small = bytearray(out.getvalue())
    at = small.rindex(b"PK\x01\x02")
    small[at + 24 : at + 28] = struct.pack("<L", (2 << 30) - 1)
    return bytes(small)


def overlapping() -> bytes:
    """Two names for the same packed bytes."""
    whole = bytearray(WHOLE)
    first = whole.index(b"PK\x01\x02")
    second = whole.index(b"PK\x01\x02", first + 4)
    whole[second + 42 : second + 46] = whole[first + 42 : first + 46]
    return bytes(whole)


def locked() -> bytes:
    whole = bytearray(WHOLE)
    at = whole.index(b"PK\x01\x02")
    whole[at + 8] |= 1
    return bytes(whole)


HOSTILE = {
    "a name twice": (twice, "stands in the archive twice"),
    "a bomb": (bomb, "cannot honestly hold"),
    "members over one another": (overlapping, "lies over another member"),
    "a locked member": (locked, "packed in a way"),
    "an odd method": (lambda: repacked_with(zipfile.ZIP_BZIP2), "packed in a way"),
    "nothing": (lambda: b"", "no ZIP archive"),
    "noise": (lambda: bytes(range(256)) * 9, "no ZIP archive"),
    "a receipt": (lambda: MEMBERS["receipts/3f9a.json"], "no ZIP archive"),
    "a ZIP of something else": (lambda: repacked(lambda m: [m.pop(name) for name in list(m)]), "is missing"),
    "a manifest without end": (
        lambda: signed(b"[" * 100_000), "is not of the form `troth-export/1`"
    ),
    "a manifest of something else": (lambda: signed(b"{}"), "is not of the form"),
    "a member that is a number": (
        lambda: signed(json.dumps({**FACTS, "format": "troth-export/1", "members": [1]}).encode()), "no member"
    ),
    "a name that steers the terminal": (
        lambda: repacked(lambda m: m.update({"\x1b[2Jevil": b""})), "`\\u001b[2Jevil` stands in the archive"
    ),
}  # fmt: skip


def repacked_with(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("data.json", b"x")
    return out.getvalue()


def signed(manifest: bytes) -> bytes:
    note = LOG.signer.sign_manifest(sha256(manifest).digest()).encode()
    return repacked(lambda m: m.update({"manifest.json": manifest, "manifest.note": note}))


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_gets_a_clear_answer(answer: Answer, what: str) -> None:
    make, words = HOSTILE[what]
    code, said = answer(make())
    assert (code, words in said) == (1, True), said
    assert "\x1b" not in said


def test_a_file_that_is_not_there_is_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.zip")]) == 2
    assert "cannot read" in capsys.readouterr().out


def test_a_receipt_without_a_key_is_a_wrong_argument(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path / "receipt.json"), str(tmp_path / "checkpoint")])
    assert stop.value.code == 2


def test_it_runs_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    path = tmp_path / "your-data.zip"
    path.write_bytes(WHOLE)
    done = isolated(str(path), "--vkey", LOG.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    path.write_bytes(repacked(lambda m: m.update({"data.json": b"{}"})))
    done = isolated(str(path))
    assert (done.returncode, done.stderr) == (1, "")
    assert "`data.json`" in done.stdout
