"""Show 2 of accounts and rights: fifty words of one person are planted, and none is found after the erasure.

Before it all that is kept opens, so that nothing is missed for want of having been there, and none of it lies in clear
even then.  Afterwards no file holds any of it and no key there is opens any of it: here, and in a house restored from
a backup of before.
"""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pysqlite3
import pytest
from aiosmtpd.controller import Controller

from tests.site import planting
from tests.site.conftest import Opens
from tests.site.demo import Demo, free_port
from tests.site.opening import Met, walked
from tests.site.planting import BOB, DORA, FIRST, KEPT, PASSING, SECOND, STEM, Carrier, Show, Visitor, soon

# -- searching files


def spellings(texts: Iterable[str]) -> tuple[set[bytes], set[bytes]]:
    """How texts can stand in a file: in small letters, and as base64, whatever stands before them."""
    plain = [text.encode() for text in texts]
    small = {form for text in texts for form in (text.encode("utf-16-le"), text.encode("utf-16-be"))}
    small |= {form for text in plain for form in (text, text.hex().encode())}
    base64 = {
        b64encode(bytes(before) + text)[(8 * before + 5) // 6 : 8 * (before + len(text)) // 6]
        for text in plain
        for before in range(3)
    }
    return small, base64


def found(folder: Path) -> list[str]:
    """The files below a folder that hold a planted word, or are called by one."""
    numbers = [word for word in (*KEPT.values(), *PASSING.values()) if word.isdigit()]
    small, base64 = spellings([STEM, *numbers])
    hits = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        held = path.read_bytes() + b"\0" + str(path).encode()
        lower = held.lower()
        hits += [f"{path}: {form!r}" for form in small if form in lower]
        hits += [f"{path}: {form!r}" for form in base64 if form in held]
    return hits


def rows_of(home: Path) -> bytes:
    """Every value of every row of both stores."""
    held: list[bytes] = []
    for name in ("troth.sqlite3", "keystore.sqlite3"):
        with closing(pysqlite3.connect(home / name)) as store:
            for (table,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in store.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - our own
                    held += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\0".join(held)


def bytes_of(home: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def marks_in(held: bytes, marks: Iterable[str]) -> set[str]:
    """Those of some numbers in hex that stand in what is held, as they are or as bytes."""
    return {mark for mark in marks if mark.encode() in held or bytes.fromhex(mark.replace("-", "")) in held}


def test_the_search_finds_a_word_however_it_is_spelled(tmp_path: Path) -> None:
    place, word = tmp_path / "planted", f"{STEM}any".encode()
    for spelled in (
        word, word.upper(), word.decode().encode("utf-16-le"), word.hex().upper().encode(),
        *(b64encode(b"before"[:n] + word + b"after") for n in range(6)),
    ):  # fmt: skip
        place.write_bytes(b"\1\0" + spelled + b"\0")
        assert found(tmp_path), spelled
    place.write_bytes(STEM[1:].encode())
    assert not found(tmp_path)
    place.rename(tmp_path / STEM)
    assert found(tmp_path)


# -- the show


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """A house whose mail really leaves, to a carrier beside it, and whose temporary files have a folder of their own."""
    carrier, scratch = Carrier(), tmp_path / "scratch"
    scratch.mkdir()
    post = Controller(carrier, hostname="127.0.0.1", port=free_port())
    post.start()
    settings = {"TROTH_MAIL_HELD": "0", "TROTH_SMTP_PORT": str(post.port), "TMPDIR": str(scratch)}
    demo = Demo(tmp_path / "home", settings=settings).start()
    yield Show(tmp_path, demo, carrier)
    demo.stop()
    post.stop()


UNANSWERED = "rights_request WHERE proven_at IS NOT NULL AND closed_at IS NULL"
UNFINISHED = "subjects_erasure WHERE state != 'done' OR farewell != ''"
HURRIED = "('erasures', 'receipts', 'requests')"


class Planted(NamedTuple):
    """The person, the page of their company, who waits to confirm a deletion and where, and all the archive says."""

    person: Visitor
    company: str
    visitor: Visitor
    deletion: str
    archive: str


def plant(show: Show, opens: Opens) -> Planted:
    """In the order in which somebody becomes known to a house."""
    planting.pass_by(show)
    thread = planting.converse(show)
    person = planting.register(show)
    person.sends(thread, {"message": KEPT["reply from the account"]}, thread + "reply/")
    planting.correct(show, person)
    company = planting.invite(show, person)
    for place, browser in (("signed-in", person), ("later", show.visitor()), ("last", show.visitor())):
        planting.enquire(show, f"{place} enquiry", browser)
    deletion = planting.ask_the_desk(show, person)
    planting.move(show, person)
    planting.add_passkey(show, person, opens)
    return Planted(person, company, *deletion, planting.take_along(show, person))


def opened(demo: Demo, *stores: Path) -> tuple[Met, list[str]]:
    """Which of the words are met in what any key of the stores opens, and the blind indexes of the addresses."""
    addresses = [FIRST, SECOND, *map(KEPT.address, ("invited", "address never proven"))]
    met, indexes = walked(demo, [*KEPT.values(), *PASSING.values(), BOB, DORA], addresses, *stores)
    assert met.pop(BOB) and met.pop(DORA)
    return met, indexes


def check_before(show: Show, archive: str, met: Met, indexes: list[str]) -> set[str]:
    """All that is kept opens, nothing else does, none stands in clear; the marks by which the person could be traced."""
    assert len(KEPT) >= 50
    assert met.keys() == set(KEPT.values()), {*met} ^ {*KEPT.values()}
    (own,) = met[KEPT["second address"]]
    taken = {word for word, of in met.items() if {*of.get(own, ())} - {"archive"}}
    assert len(taken) >= 20 and all(word in archive for word in taken)
    assert not found(show.folder)
    # The name also stands in the letter to Dora, which is hers.
    whose = {who for word, of in met.items() for who in of if who and word != KEPT["correction: name"]}
    marks = marks_in(rows_of(show.demo.home), {*indexes, *whose, *(str(UUID(who)) for who in whose)})
    assert len(marks) >= len(whose) + 6 and marks == marks_in(bytes_of(show.demo.home), marks)
    assert any((show.demo.home / "files").glob("??/*"))
    return marks


def erase(show: Show, planted: Planted) -> None:
    """The company is closed, and the person erased by themselves, by a request, and the rest of them by the shell."""
    data, name = show.demo.home / "troth.sqlite3", f"{KEPT['company renamed']} Works"
    planted.person.sends(planted.company + "close/", {"name": name})
    planted.person.sends("/account/privacy/erase/", {"email": SECOND})
    planted.visitor.sends(planted.deletion + "erase/", {"word": "delete"})
    soon(lambda: not counted(data, UNANSWERED), "a request has no answer")
    ground = ("--on-paper", "the person, by letter; identity card seen")
    done = show.demo.run("subject", "erase", FIRST, "--yes", "--receipt-to", FIRST, *ground)
    assert done.returncode == 0, done.stderr
    soon(lambda: not counted(data, UNFINISHED), "an erasure, or its receipt, is not finished")
    for address in (FIRST, SECOND):
        assert show.carrier.find(address, "Your data has been erased", "has been erased")


def counted(data: Path, rows: str) -> int:
    """How many rows there are; what the worker does every few seconds is due at once."""
    with closing(pysqlite3.connect(data, timeout=20)) as store:
        store.execute("UPDATE schedule_lease SET due_at = '2000-01-01' WHERE job IN " + HURRIED)  # noqa: S608
        store.commit()
        return int(store.execute(f"SELECT COUNT(*) FROM {rows}").fetchone()[0])  # noqa: S608 - our own


def check_after(demo: Demo, copy: Path, marks: set[str]) -> None:
    """Nothing opens any more, not even with the keys that a backup remembers; no row has a mark, and no file is left."""
    met, _ = opened(demo, demo.home / "keystore.sqlite3", copy / "keys" / "store.sqlite3")
    named = {word: place for words in (KEPT, PASSING) for place, word in words.items()}
    assert not met, {named[word]: of for word, of in met.items()}
    assert not marks_in(rows_of(demo.home), marks)
    assert not [path for path in (demo.home / "files").rglob("*") if path.is_file()]


@pytest.mark.long
def test_of_fifty_planted_words_none_is_left_after_the_erasure(show: Show, opens: Opens) -> None:
    planted = plant(show, opens)
    copy, second = show.folder / "copy", Demo(show.folder / "second", settings=show.demo.settings)
    with ThreadPoolExecutor() as beside:
        walking = beside.submit(opened, show.demo, show.demo.home / "keystore.sqlite3")
        backup = show.demo.run("backup", copy)
    assert backup.returncode == 0, backup.stderr
    marks = check_before(show, planted.archive, *walking.result())
    erase(show, planted)
    show.demo.stop()
    shutil.copytree(show.demo.home / "keys", second.home / "keys")
    with ThreadPoolExecutor() as beside:
        restoring = beside.submit(second.run, "restore", copy)
        check_after(show.demo, copy, marks)
        restored = restoring.result()
    assert restored.returncode == 0, restored.stderr
    assert f"erased again: {sum(len(mark) == 32 for mark in marks)}\n" in restored.stdout
    check_after(second, copy, marks)
    # A restored store was rewritten as a whole: in it not even a free byte remembers.
    assert not marks_in(bytes_of(second.home), marks)
    assert not found(show.folder)
