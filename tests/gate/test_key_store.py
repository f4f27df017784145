"""The key store: epochs turn, foreign and open key folders are refused, and a missing key is an alarm."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from troth.apps.enquiries.models import Enquiry
from troth.engine.seal import EscrowBroken, epoch_of
from troth.gate.errors import Erased, KeyMissing, KeyStoreError, SealBroken, SealError
from troth.gate.keystore import keys, turning
from troth.gate.keystore.beginning import begin
from troth.gate.keystore.escrow import new_recovery_key, restore
from troth.gate.keystore.models import DataKey
from troth.gate.subjects import keyless
from troth.gate.subjects.jobs import turn_keys
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import EACH, SYSTEM, using

pytestmark = durable
WEEK = timedelta(days=7)


def read(enquiry: Enquiry) -> str:
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return str(enquiry.email)


def test_a_new_epoch_re_wraps_every_live_key_and_no_data(own_keys: Path) -> None:
    enquiries = [enquiry_of() for _ in range(3)]
    sealed = [bytes(row.sealed) for row in enquiries]
    old = keys.keeper().newest_epoch()
    assert turning.turn_epoch(datetime.now(UTC) + WEEK) == 3
    new = keys.keeper().newest_epoch()
    assert new > old and {epoch_of(bytes(key.wrapped)) for key in DataKey.objects.all()} == {new}
    assert set(DataKey.objects.values_list("epoch", flat=True)) == {new}
    keys.forget_cached()
    assert [read(row) for row in enquiries] == [ALICE["email"]] * 3
    assert [bytes(row.sealed) for row in Enquiry.objects.order_by("pk")] == sealed


def test_within_the_week_nothing_turns(own_keys: Path) -> None:
    enquiry_of()
    assert turning.turn_epoch(datetime.now(UTC) + WEEK - timedelta(minutes=1)) == 0
    assert len(keys.keeper().epochs()) == 1


def test_an_old_epoch_dies_and_takes_an_old_backup_of_the_key_store_with_it(own_keys: Path) -> None:
    enquiry = enquiry_of()
    backup = DataKey.objects.get()
    turning.turn_epoch(datetime.now(UTC) + WEEK)
    turning.turn_epoch(datetime.now(UTC) + timedelta(days=41))
    assert backup.epoch not in {epoch.number for epoch in keys.keeper().epochs()}
    assert read(enquiry) == ALICE["email"]
    DataKey.objects.filter(pk=backup.pk).update(epoch=backup.epoch, wrapped=backup.wrapped)
    keys.forget_cached()
    with pytest.raises(KeyStoreError):
        read(enquiry)


def test_an_epoch_turn_that_was_killed_goes_on_and_leaves_every_key_readable(
    own_keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiries = [enquiry_of() for _ in range(4)]
    whole, calls = turning.rewrap, []
    monkeypatch.setattr(turning, "BATCH", 2)

    def once(*args: Any) -> list[bytes]:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return whole(*args)

    with monkeypatch.context() as patch:
        patch.setattr(turning, "rewrap", once)
        with pytest.raises(KeyboardInterrupt):
            turning.turn_epoch(datetime.now(UTC) + WEEK)
    keys.forget_cached()
    assert [read(row) for row in enquiries] == [ALICE["email"]] * 4
    assert turning.turn_epoch() == 2
    assert len(set(DataKey.objects.values_list("epoch", flat=True))) == 1


def test_a_new_epoch_is_in_the_escrow_before_it_locks_a_live_key(
    own_keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enquiry = enquiry_of()
    public, private = new_recovery_key()
    monkeypatch.setenv("TROTH_ESCROW", str(tmp_path / "escrow"))
    monkeypatch.setenv("TROTH_RECOVERY", public)
    with monkeypatch.context() as patch:
        patch.setattr(turning, "_next", lambda _: pytest.fail("re-wrapped without an escrow"))
        patch.setenv("TROTH_ESCROW", str(tmp_path / "no folder" / "escrow"))
        with pytest.raises(EscrowBroken):
            turning.turn_epoch(datetime.now(UTC) + WEEK)
    assert turning.turn_epoch() == 1
    shutil.rmtree(own_keys)
    restore(tmp_path / "escrow", private, own_keys)
    keys.forget_cached()
    assert read(enquiry) == ALICE["email"]


def test_no_epoch_dies_while_a_live_key_needs_it(own_keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enquiry = enquiry_of()
    monkeypatch.setattr(turning, "_next", lambda _: [])
    turning.turn_epoch(datetime.now(UTC) + timedelta(days=60))
    keys.forget_cached()
    assert read(enquiry) == ALICE["email"]


def test_a_store_begun_with_one_folder_refuses_another(own_keys: Path, tmp_path: Path, settings: Any) -> None:
    keyless.begin_store()
    keys.match_store()
    begin(tmp_path / "others", tmp_path / "other-tombstones")
    settings.TROTH_KEYS = tmp_path / "others"
    keys.forget_cached()
    with pytest.raises(KeyStoreError, match="another install"):
        keys.match_store()


def test_a_foreign_folder_opens_nothing(own_keys: Path, tmp_path: Path, settings: Any) -> None:
    enquiry = enquiry_of()
    begin(tmp_path / "others", tmp_path / "other-tombstones")
    settings.TROTH_KEYS = tmp_path / "others"
    keys.forget_cached()
    with pytest.raises((KeyStoreError, SealBroken)):
        read(enquiry)


@pytest.mark.parametrize("spoiled", ["folder", "file", "missing file", "missing folder", "torn file"])
def test_a_folder_that_is_open_to_others_or_damaged_is_refused(own_keys: Path, spoiled: str) -> None:
    enquiry = enquiry_of()
    epoch = next(own_keys.glob("epoch-*.key"))
    if spoiled == "folder":
        own_keys.chmod(0o755)
    elif spoiled == "file":
        epoch.chmod(0o644)
    elif spoiled == "missing file":
        epoch.unlink()
    elif spoiled == "missing folder":
        shutil.rmtree(own_keys)
    else:
        epoch.write_bytes(epoch.read_bytes()[:-5])
    keys.forget_cached()
    with pytest.raises(KeyStoreError) as refused:
        read(enquiry)
    assert str(own_keys) in str(refused.value) and "\n" not in str(refused.value)


def test_a_missing_key_without_a_tombstone_is_an_alarm_and_with_one_is_an_end() -> None:
    missing, erased = enquiry_of(), enquiry_of(CHARLIE)
    DataKey.objects.filter(subject=missing.owner_id.hex).delete()
    keys.destroy(erased.owner_id.hex)
    with pytest.raises(KeyMissing, match="doctor"):
        read(missing)
    with pytest.raises(Erased):
        read(erased)


def test_a_key_may_be_destroyed_twice(own_keys: Path) -> None:
    enquiry = enquiry_of()
    for _ in range(2):
        keys.destroy(enquiry.owner_id.hex)
    assert isinstance(keys.absent(enquiry.owner_id.hex), Erased)


def test_a_journal_that_was_cut_is_noticed(own_keys: Path, settings: Any) -> None:
    keyless.begin_store()
    for values in (ALICE, CHARLIE):
        keys.destroy(enquiry_of(values).owner_id.hex)
    journal = Path(settings.TROTH_TOMBSTONES)
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rstrip(b"\n").rindex(b"\n") + 1])
    with pytest.raises(SealError, match="cut"):
        keys.match_store()
    journal.unlink()
    with pytest.raises(SealError):
        keys.match_store()


def test_an_erasure_without_its_journal_does_not_begin_to_destroy(own_keys: Path, settings: Any) -> None:
    enquiry = enquiry_of()
    Path(settings.TROTH_TOMBSTONES).unlink()
    with pytest.raises(SealError):
        keys.destroy(enquiry.owner_id.hex)
    assert DataKey.objects.filter(subject=enquiry.owner_id.hex).exists()


def test_the_sweep_takes_old_orphans_and_leaves_fresh_ones_and_everyone_known() -> None:
    known, fresh, old = enquiry_of(), "a" * 32, "b" * 32
    for orphan in (fresh, old):
        keys.create(orphan)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    DataKey.objects.filter(subject__in=[old, known.owner_id.hex]).update(created_at=long_ago)
    turn_keys()
    left = set(DataKey.objects.values_list("subject", flat=True))
    assert left == {known.owner_id.hex, fresh} and read(known)


def test_the_sweep_leaves_a_running_erasure_alone() -> None:
    keys.create("c" * 32)
    DataKey.objects.update(created_at=datetime.now(UTC) - timedelta(days=2), erasing=True)
    assert keys.sweep_orphans([]) == 0


def test_a_thousand_keys_cost_two_queries(django_assert_num_queries: Any) -> None:
    subjects = [DataSubject.begin(Kind.PERSON) for _ in range(3)]
    many = [f"{n:032x}" for n in range(997)]
    with django_assert_num_queries(2, using="keys"):
        found = keys.ciphers([*(subject.pk.hex for subject in subjects), *many])
    assert set(found) == {subject.pk.hex for subject in subjects}


def test_a_key_destroyed_between_two_reads_of_one_list_stops_the_second() -> None:
    enquiry = enquiry_of()
    with using("answering-enquiries", by=SYSTEM, given=EACH):
        assert [row.email for row in Enquiry.objects.all()]
    keys.intend_erasure(enquiry.owner_id.hex)
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, given=EACH):
        [row.email for row in Enquiry.objects.all()]
