"""The key folder: who may read it, what a damaged one says, when keys are born and die."""

import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.engine.seal import (
    NAMED_KEYS,
    Epoch,
    KeyFile,
    KeyKeeper,
    KeyStoreError,
    due,
    mortal,
    overdue,
    unwrap,
    wrap,
)

START = datetime(2026, 7, 21, tzinfo=UTC)
FIRST = "epoch-020655.key"


def test_it_works(keys: KeyFile) -> None:
    keeper: KeyKeeper = keys
    wrapped = wrap(keeper.kek(keeper.newest_epoch()), keeper.newest_epoch(), bytes(32), b"place")
    assert unwrap(keeper.kek(keeper.newest_epoch()), wrapped, b"place") == bytes(32)
    assert keeper.health() == ()


def test_all_keys_differ_and_the_files_are_private(keys: KeyFile) -> None:
    secrets = {keys.named_key(name) for name in NAMED_KEYS} | {keys.index_key(f, 20655) for f in ("a", "b")}
    assert len(secrets) == len(NAMED_KEYS) + 2
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()} == {0o600}
    assert sorted(path.name for path in keys.folder.iterdir()) == sorted(
        ["deployment", FIRST, "index-020655.key", *(f"{name}.key" for name in NAMED_KEYS)]
    )


def test_a_second_initialise_is_refused_and_changes_nothing(keys: KeyFile) -> None:
    before = keys.files()
    with pytest.raises(KeyStoreError, match="absent or empty"):
        KeyFile.initialise(keys.folder)
    assert keys.files() == before
    assert [path.name for path in keys.folder.parent.iterdir()] == ["keys"]


def test_an_empty_folder_may_be_initialised(tmp_path: Path) -> None:
    assert KeyFile.initialise(tmp_path).health() == ()


def loosen_file(folder: Path) -> None:
    (folder / FIRST).chmod(0o640)


def loosen_folder(folder: Path) -> None:
    folder.chmod(0o755)


def remove(folder: Path) -> None:
    (folder / "ledger.key").unlink()


def truncate(folder: Path) -> None:
    (folder / FIRST).write_bytes((folder / FIRST).read_bytes()[:60])


def empty(folder: Path) -> None:
    (folder / FIRST).write_bytes(b"")


def binary(folder: Path) -> None:
    (folder / FIRST).write_bytes(os.urandom(32))


def alter(folder: Path) -> None:
    line = (folder / FIRST).read_bytes()
    (folder / FIRST).write_bytes(line.replace(b"2026", b"2025"))


def rename(folder: Path) -> None:
    (folder / FIRST).rename(folder / "epoch-020656.key")


def point_elsewhere(folder: Path) -> None:
    (folder / FIRST).rename(folder.parent / "elsewhere")
    (folder / FIRST).symlink_to(folder.parent / "elsewhere")


def make_folder_of_it(folder: Path) -> None:
    (folder / FIRST).unlink()
    (folder / FIRST).mkdir(mode=0o700)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (loosen_file, r"key file `.*" + FIRST + r"` is open to others \(mode 0640\): `chmod 600 /.*"),
        (loosen_folder, r"key folder `.*` is open to others \(mode 0755\): `chmod 700 /.*"),
        (remove, r"key file `.*ledger.key` is missing: put it back from the escrow"),
        (truncate, r"key file `.*` is cut short or no key file: put it back from the escrow"),
        (empty, r"key file `.*` is cut short or no key file: put it back from the escrow"),
        (binary, r"key file `.*` is cut short or no key file: put it back from the escrow"),
        (alter, r"key file `.*` is altered or belongs to another install: put it back from the escrow"),
        (rename, r"key file `.*` holds the key `" + FIRST + "`: put it back from the escrow"),
        (point_elsewhere, r"key file `.*` cannot be read .*: it must be a plain file, mode 0600"),
        (make_folder_of_it, r"key file `.*` is no plain file: put it back from the escrow"),
    ],
)
def test_damage_is_told_in_one_line_with_its_mend(keys: KeyFile, damage: Any, words: str) -> None:
    damage(keys.folder)
    (line,) = keys.health()
    assert re.fullmatch(words, line), line


def test_a_missing_folder_says_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match=r"key folder `.*` cannot be reached .*: set `TROTH_KEYS`"):
        KeyFile(tmp_path / "nowhere")


def test_keys_of_another_user_are_refused(keys: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(
        KeyStoreError, match=rf"belongs to user {me}, not {me + 1} who runs this: `chown {me + 1} /"
    ):
        KeyFile(keys.folder)


def test_keys_of_another_install_are_refused(keys: KeyFile, tmp_path: Path) -> None:
    other = KeyFile.initialise(tmp_path / "other")
    assert KeyFile(keys.folder, expected=keys.check_value).deployment == keys.deployment
    with pytest.raises(KeyStoreError, match=r"holds the keys of another install .*: set `TROTH_KEYS`"):
        KeyFile(keys.folder, expected=other.check_value)


def test_one_key_of_another_install_is_refused(keys: KeyFile, tmp_path: Path) -> None:
    other = KeyFile.initialise(tmp_path / "other")
    (keys.folder / "ledger.key").write_bytes((other.folder / "ledger.key").read_bytes())
    with pytest.raises(KeyStoreError, match="altered or belongs to another install"):
        keys.named_key("ledger")


def test_an_unknown_name_is_refused(keys: KeyFile) -> None:
    with pytest.raises(KeyStoreError, match="there is no key named `master`: the names are ledger, "):
        keys.named_key("master")


def test_a_key_stays_in_memory_ten_minutes_and_no_longer(keys: KeyFile, clock: Any) -> None:
    keys.kek(20655)
    (keys.folder / FIRST).unlink()
    clock.seconds += 599
    keys.kek(20655)
    clock.seconds += 1
    with pytest.raises(KeyStoreError, match="is missing"):
        keys.kek(20655)


def test_keys_nobody_asks_for_leave_memory_too(keys: KeyFile, clock: Any) -> None:
    keys.named_key("session")
    clock.seconds += 601
    keys.named_key("ledger")
    assert sorted(keys._held) == ["deployment", "ledger.key"]


def test_a_new_epoch_is_seen_by_every_process(keys: KeyFile, clock: Any) -> None:
    worker = KeyFile(keys.folder, now=clock.now)
    clock.pass_days(7)
    assert worker.begin_epoch() == 20662
    assert keys.newest_epoch() == 20662
    assert [epoch.number for epoch in keys.epochs()] == [20655, 20662]
    assert worker.begin_epoch() == 20663, "numbers grow even on one day"


def test_a_destroyed_epoch_opens_nothing(keys: KeyFile, clock: Any) -> None:
    keys.kek(20655)
    clock.pass_days(7)
    keys.begin_epoch()
    keys.destroy(20655, in_use={20662})
    keys.destroy(20655, in_use=())
    with pytest.raises(KeyStoreError, match="is missing"):
        keys.kek(20655)
    assert FIRST not in keys.files()


def test_an_epoch_in_use_and_the_newest_are_not_destroyed(keys: KeyFile, clock: Any) -> None:
    clock.pass_days(7)
    newest = keys.begin_epoch()
    with pytest.raises(KeyStoreError, match="still wraps live data keys: re-wrap them first"):
        keys.destroy(20655, in_use={20655})
    with pytest.raises(KeyStoreError, match="is the newest and stays"):
        keys.destroy(newest, in_use=())
    assert len(keys.epochs()) == 2


def test_index_epochs_begin_and_end(keys: KeyFile, clock: Any) -> None:
    old = keys.index_key("contact.email", keys.newest_index_epoch())
    clock.pass_days(90)
    newest = keys.begin_index_epoch()
    assert keys.index_key("contact.email", newest) != old
    keys.destroy_index_epoch(20655)
    with pytest.raises(KeyStoreError, match="is missing"):
        keys.index_key("contact.email", 20655)


def test_what_a_dead_writer_left_is_shredded_by_the_next(keys: KeyFile, clock: Any) -> None:
    for name in (f".{FIRST}.new", ".epoch-020600.key.dead"):
        (keys.folder / name).write_bytes(b"half a key")
    clock.pass_days(7)
    keys.begin_epoch()
    assert [path.name for path in keys.folder.iterdir() if path.name.startswith(".")] == []
    assert keys.health() == ()


def test_a_full_disk_leaves_no_half_key(keys: KeyFile, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = keys.files()
    clock.pass_days(7)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        KeyStoreError, match=r"cannot be written \(No space left on device\): nothing was kept"
    ):
        keys.begin_epoch()
    monkeypatch.undo()
    assert {path.name for path in keys.folder.iterdir()} == set(before)


def test_the_overwritten_file_is_the_one_that_held_the_key(keys: KeyFile, clock: Any) -> None:
    clock.pass_days(7)
    keys.begin_epoch()
    with (keys.folder / FIRST).open("rb") as still_open:
        keys.destroy(20655, in_use=())
        assert set(still_open.read()) == {0}


def test_nothing_secret_shows(keys: KeyFile) -> None:
    shown = repr(keys) + repr(keys._held) + str(keys.epochs())
    assert not [name for name in NAMED_KEYS if repr(keys.named_key(name))[2:-1] in shown]
    for content in keys.files().values():
        assert content.split()[4].decode() not in shown


def test_restored_files_open_and_foreign_names_do_not(keys: KeyFile, tmp_path: Path) -> None:
    copy = KeyFile.restore(tmp_path / "copy", keys.files(), expected=keys.check_value)
    assert copy.named_key("ledger") == keys.named_key("ledger")
    with pytest.raises(KeyStoreError, match="names a file that is no key file"):
        KeyFile.restore(tmp_path / "other", {"../evil": b""})


def test_a_restore_that_fails_leaves_nothing(keys: KeyFile, tmp_path: Path) -> None:
    torn = keys.files() | {"ledger.key": b"torn"}
    for files, expected in ((torn, keys.check_value), (keys.files(), "of another install")):
        with pytest.raises(KeyStoreError):
            KeyFile.restore(tmp_path / "copy", files, expected=expected)
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def epochs_of(days: list[int]) -> list[Epoch]:
    return [Epoch(number, START + timedelta(days=day)) for number, day in enumerate(days, 1)]


@pytest.mark.parametrize(
    ("age", "is_due"), [(0, False), (6.9, False), (7, True), (400, True), (-0.5, False), (-3, True)]
)
def test_an_epoch_is_due_weekly_and_after_a_clock_that_was_ahead(age: float, is_due: bool) -> None:
    assert due(START + timedelta(days=age), Epoch(1, START)) is is_due
    assert due(START, None)


def test_an_epoch_dies_at_forty_days_and_is_overdue_after_forty_five() -> None:
    epochs, day = epochs_of([0, 7, 39]), timedelta(days=1)
    assert mortal(START + 39 * day, epochs, ()) == ()
    assert mortal(START + 40 * day, epochs, ()) == (1,)
    assert mortal(START + 40 * day, epochs, {1}) == ()
    assert overdue(START + 45 * day, epochs) == ()
    assert overdue(START + 46 * day, epochs) == (1,)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=9), st.integers(0, 400), st.sets(st.integers(1, 9)))
def test_no_epoch_dies_that_is_newest_or_in_use(days: list[int], age: int, in_use: set[int]) -> None:
    dying = mortal(START + timedelta(days=age), epochs_of(days), in_use)
    assert not in_use & set(dying)
    assert len(days) not in dying


def test_a_late_epoch_is_told_by_health(keys: KeyFile, clock: Any) -> None:
    clock.pass_days(46)
    assert keys.health() == (
        "epoch 20655 is over 45 days old and lives: run the worker or `troth keys rotate`",
    )


def test_deployment_is_a_random_id(keys: KeyFile, tmp_path: Path) -> None:
    assert isinstance(keys.deployment, UUID)
    assert keys.deployment != KeyFile.initialise(tmp_path / "other").deployment
