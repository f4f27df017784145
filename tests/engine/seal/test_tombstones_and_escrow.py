"""The journal of the erased, and the copy of the keys that lies elsewhere."""

import random
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from troth.engine.seal import (
    EscrowBroken,
    JournalBroken,
    KeyFile,
    append_tombstones,
    begin_tombstones,
    escrow_header,
    make_recovery_key,
    open_escrow,
    read_tombstones,
    seal_escrow,
    write_escrow,
)

KEY = b"t" * 32
NOW = datetime(2026, 7, 22, 3, tzinfo=UTC)
ALICE, CHARLIE = UUID(int=1), UUID(int=3)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    begin_tombstones(tmp_path / "tombstones", KEY)
    return tmp_path / "tombstones"


def test_alice_is_remembered_as_erased_and_not_named(journal: Path) -> None:
    assert append_tombstones(journal, KEY, [ALICE]) == 1
    tombstones = read_tombstones(journal, KEY)
    assert ALICE in tombstones
    assert CHARLIE not in tombstones
    assert ALICE.hex not in journal.read_text()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_the_journal_grows_by_one_chain(journal: Path) -> None:
    people = [uuid4() for _ in range(20)]
    assert [append_tombstones(journal, KEY, [person]) for person in people[:5]] == [1, 2, 3, 4, 5]
    assert append_tombstones(journal, KEY, people[5:]) == 20
    tombstones = read_tombstones(journal, KEY)
    assert tombstones.count == 20
    assert all(person in tombstones for person in people)


def test_many_writers_lose_nobody(journal: Path) -> None:
    people = [uuid4() for _ in range(60)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda person: append_tombstones(journal, KEY, [person]), people))
    assert sum(person in read_tombstones(journal, KEY) for person in people) == 60


def test_a_torn_last_entry_is_dropped_and_written_over(journal: Path) -> None:
    append_tombstones(journal, KEY, [ALICE])
    with journal.open("ab") as file:
        file.write(b"0000000002 abc")
    assert read_tombstones(journal, KEY).count == 1
    assert append_tombstones(journal, KEY, [CHARLIE]) == 2
    assert CHARLIE in read_tombstones(journal, KEY)


def test_a_missing_journal_is_never_begun_by_the_way(tmp_path: Path) -> None:
    for attempt in (lambda p: append_tombstones(p, KEY, [ALICE]), lambda p: read_tombstones(p, KEY)):
        with pytest.raises(
            JournalBroken, match=r"cannot be used \(No such file or directory\): bring the newest copy"
        ):
            attempt(tmp_path / "nowhere")


def test_a_journal_is_not_begun_twice(journal: Path) -> None:
    with pytest.raises(JournalBroken, match="never begun twice"):
        begin_tombstones(journal, KEY)


def test_a_journal_of_another_install_is_refused(journal: Path) -> None:
    for attempt in (
        lambda: read_tombstones(journal, b"o" * 32),
        lambda: append_tombstones(journal, b"o" * 32, [ALICE]),
    ):
        with pytest.raises(JournalBroken, match="of another install"):
            attempt()


def test_every_changed_byte_and_every_dropped_entry_is_found(journal: Path) -> None:
    append_tombstones(journal, KEY, [uuid4() for _ in range(4)])
    whole = journal.read_bytes()
    size = (len(whole) - 19 - 65) // 4
    changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    dropped = [whole[: 84 + n * size] + whole[84 + (n + 1) * size :] for n in range(3)]
    for content in (*changed, *dropped):
        journal.write_bytes(content)
        with pytest.raises(JournalBroken):
            read_tombstones(journal, KEY)


def test_a_cut_tail_shows_in_count_and_head(journal: Path) -> None:
    append_tombstones(journal, KEY, [ALICE, CHARLIE])
    before = read_tombstones(journal, KEY)
    journal.write_bytes(journal.read_bytes()[:-141])
    after = read_tombstones(journal, KEY)
    assert (after.count, after.head) != (before.count, before.head)


def test_the_escrow_gives_the_keys_back(keys: KeyFile, tmp_path: Path) -> None:
    recovery = make_recovery_key()
    write_escrow(
        tmp_path / "escrow", seal_escrow(recovery.public, keys.files(), deployment=keys.deployment, now=NOW)
    )
    files = open_escrow(recovery.private, (tmp_path / "escrow").read_bytes())
    assert KeyFile.restore(tmp_path / "again", files, expected=keys.check_value).files() == keys.files()


def test_the_escrow_is_rewritten_and_private(tmp_path: Path) -> None:
    for content in (b"old", b"new"):
        write_escrow(tmp_path / "escrow", content)
    assert (tmp_path / "escrow").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "escrow").stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 1


def test_its_age_is_read_without_opening_it() -> None:
    blob = seal_escrow(make_recovery_key().public, {}, deployment=ALICE, now=NOW)
    header = escrow_header(blob)
    assert (header.deployment, NOW + timedelta(days=2) - header.created) == (ALICE, timedelta(days=2))


def test_another_recovery_key_is_refused() -> None:
    blob = seal_escrow(make_recovery_key().public, {"a": b"secret"}, deployment=ALICE, now=NOW)
    with pytest.raises(EscrowBroken, match=r"sealed to the recovery key `[0-9a-f]{16}`: bring that one"):
        open_escrow(make_recovery_key().private, blob)


def test_every_changed_byte_of_an_escrow_is_found() -> None:
    recovery = make_recovery_key()
    blob = seal_escrow(recovery.public, {"a": b"secret"}, deployment=ALICE, now=NOW)
    flipped = [
        blob[:at] + bytes([blob[at] ^ 1 << random.Random(at).randrange(8)]) + blob[at + 1 :]
        for at in range(len(blob))
    ]
    for content in (*flipped, *(blob[:at] for at in range(0, len(blob), 7)), blob + b"\0", b""):
        with pytest.raises(EscrowBroken):
            open_escrow(recovery.private, content)


@pytest.mark.parametrize(
    "spoil",
    [lambda k: k[:-1], lambda k: k[:-9] + "b" * 9, lambda k: k.replace("public", "private"), lambda k: ""],
)
def test_a_misspelt_recovery_key_is_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(EscrowBroken, match="not a recovery key"):
        seal_escrow(spoil(make_recovery_key().public), {}, deployment=ALICE, now=NOW)


def test_a_recovery_key_may_be_typed_in_capitals() -> None:
    recovery = make_recovery_key()
    blob = seal_escrow(recovery.public, {"a": b"b"}, deployment=ALICE, now=NOW)
    assert open_escrow(f" {recovery.private.upper()}\n", blob) == {"a": b"b"}


def test_a_recovery_key_shows_only_its_public_half() -> None:
    recovery = make_recovery_key()
    assert recovery.private not in repr(recovery)
