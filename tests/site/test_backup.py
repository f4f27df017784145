"""Backups: taken while people write, restored on a second machine, and nobody comes back who was erased meanwhile."""

from __future__ import annotations

import base64
import json
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cast import durable
from tests.site import warm
from tests.site.databases import Databases
from tests.site.demo import ROOT, Demo, environment, troth
from tests.site.test_refused_starts import contents, said

BEGIN = """
import json, sys
from datetime import UTC, datetime, timedelta
import django
django.setup()
from pathlib import Path
from django.conf import settings
from tests.cast import ALICE, CHARLIE, acting, enquiry_of, link_in, staff
from troth.apps.enquiries.models import Enquiry
from troth.gate.journal import log
from troth.gate.journal.integrating import integrate
from troth.gate.keystore import keys, turning
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.models import Message
from troth.gate.subjects.erase import erase, purge
from troth.gate.subjects.models import DataSubject, Erasure
from troth.gate.uses import EACH, SYSTEM, Actor, OwnData, using
from troth.gate.uses.history import history, receipt
"""

FILL = """
cast = {"alice": ALICE, "charlie": CHARLIE}
people = {name: enquiry_of({**cast[name], "email": f"{name}@kiln.example"}) for name in cast}
dana = acting(staff(email="dana.second@iplum.example"))
told = {}
for name, enquiry in people.items():
    with using("answering-enquiries", by=dana, given=enquiry):
        assert enquiry.email
    message = Message.objects.get(owner=enquiry.owner_id)
    with using("sending-mail", by=SYSTEM):
        link = link_in(message.body)
    told[name] = {"owner": enquiry.owner_id.hex, "link": link[link.index("/enquiries/"):]}
integrate()
owner = people["charlie"].owner_id
with using("showing-own-data", by=Actor("data-subject", owner), given=OwnData(owner)):
    told["receipt"] = receipt(history()[0].entry).to_json()
(settings.TROTH_HOME / "files" / "ab").mkdir(parents=True)
(settings.TROTH_HOME / "files" / "ab" / "cd").write_bytes(b"sealed bytes of a file")
print(json.dumps(told))
"""

ERASE = """
import time
erase(sys.argv[1], SYSTEM)
while Erasure.objects.exclude(state="done").exists():  # a worker beside us may be what finishes it
    purge()
    time.sleep(0.1)
"""

LEFT = """
with using("answering-enquiries", by=SYSTEM, given=EACH):
    print(json.dumps(sorted(row.email for row in Enquiry.objects.all())))
"""


@dataclass
class House:
    """A home folder and the settings that go with it."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    def run(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """A `troth` command on this home."""
        return troth(
            *arguments, **{"TROTH_HOME": str(self.home), "TROTH_MAIL_HELD": "1", **self.settings, **more}
        )

    def ask(self, code: str, *arguments: str) -> Any:
        """Run a piece of Python on this home, as a person at its prompt; gives what it printed."""
        own = {"TROTH_HOME": str(self.home), "TROTH_MAIL_HELD": "1", **self.settings}
        own["DJANGO_SETTINGS_MODULE"] = "troth.config.settings"
        done = warm.run(["-c", BEGIN + code, *arguments], environment(**own))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def well(self, *arguments: str | Path, **more: str) -> str:
        """A command that must succeed; what it said."""
        done = self.run(*arguments, **more)
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout

    def left(self) -> list[str]:
        """Whose enquiries can still be read."""
        found: list[str] = self.ask(LEFT)
        return found

    def erase(self, name: str) -> None:
        self.ask(ERASE, self.told[name]["owner"])

    @property
    def journal(self) -> Path:
        return self.home / "keys" / "tombstones"


def second_machine(home: Path, first: House, settings: dict[str, str] | None = None) -> House:
    """A home with nothing but the keys of the first, as an escrow brings them, and its newest journal."""
    home.mkdir(mode=0o700)
    shutil.copytree(first.home / "keys", home / "keys")
    return House(home, settings or {}, first.told)


@pytest.fixture(scope="module")
def filled(unserved: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with two people in it and a backup beside it: to be copied, never changed."""
    house = House(Path(shutil.copytree(unserved, tmp_path_factory.mktemp("backup") / "home")))
    house.told = house.ask(FILL)
    house.well("backup", house.home.with_name("copy"))
    return house


@pytest.fixture
def house(filled: House, tmp_path: Path) -> House:
    shutil.copytree(filled.home.with_name("copy"), tmp_path / "copy")
    return House(Path(shutil.copytree(filled.home, tmp_path / "home")), told=filled.told)


@pytest.fixture
def copy(house: House) -> Path:
    return house.home.with_name("copy")


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


MARKS = """
subject = sys.argv[1]
marks = [bytes(row.sealed) for row in Enquiry.objects.filter(owner=subject)]
marks += [bytes(row.link_hash) for row in Enquiry.objects.filter(owner=subject)]
marks += [bytes(row.email_index) for row in Enquiry.objects.filter(owner=subject)]
marks += [bytes(row.sealed) for row in Message.objects.filter(owner=subject)]
marks += [bytes(row.wrapped) for row in DataKey.objects.filter(subject=subject)]
from troth.gate.journal.models import Share
marks += [bytes(row.sealed) for row in Share.objects.filter(subject=subject)]
print(json.dumps([mark.hex() for mark in marks] + [subject.encode().hex()]))
"""


def test_who_was_erased_after_the_backup_is_erased_on_the_second_machine_before_it_is_served(
    tmp_path: Path,
) -> None:
    first = Demo(tmp_path / "first").start()
    try:
        house = House(first.home, first.surroundings())
        house.told = house.ask(FILL)
        public, private = (
            line for line in house.well("keys", "recovery").split() if line.startswith("troth-recovery")
        )
        # The worker goes on writing: what is looked for in the copy was there before it.
        marks = [bytes.fromhex(mark) for mark in house.ask(MARKS, house.told["alice"]["owner"])]
        house.well("backup", tmp_path / "copy")
        assert len(marks) >= 8 and all(mark in everything(tmp_path / "copy") for mark in marks)
        link = house.told["alice"]["link"]
        assert first.browser().get(link).status in (200, 302)
        house.erase("alice")
        house.well("keys", "escrow", tmp_path / "escrow", "--recovery", public)
    finally:
        first.stop()
    second = Demo(tmp_path / "second")
    other = House(second.home, second.surroundings(), house.told)
    restored = troth("keys", "restore", tmp_path / "escrow", typed=private, **second.surroundings())
    assert restored.returncode == 0, restored.stderr
    shutil.copy2(house.journal, other.journal)
    told = other.well("restore", tmp_path / "copy")
    # With what the proofs of the first machine made up and erased since.
    assert re.search(r"erased again: [1-9]", told) and "log: 2" in told and "without a key: 0" in told
    left = everything(second.home)
    assert not [mark.hex()[:16] for mark in marks if mark in left] and b"Archer Pottery" not in left
    second.start()
    try:
        victor = second.browser()
        assert victor.get(link).status in (404, 410)
        assert victor.get(house.told["charlie"]["link"]).status in (200, 302)
        assert (second.home / "files" / "ab" / "cd").read_bytes() == b"sealed bytes of a file"
        paper = json.loads(house.told["receipt"])
        size, log = paper["log"]["size"], "/.well-known/troth/log/1"
        (tmp_path / "receipt.json").write_text(house.told["receipt"], encoding="utf-8")
        for name, path in (("checkpoint", f"{log}/checkpoint/{size}"), ("vkey", f"{log}/vkey")):
            (tmp_path / name).write_bytes(victor.get(path).body)
        assert f"{log}/checkpoint" in victor.get("/privacy/proof/").text
        assert b"localhost/log/2\n" in victor.get("/.well-known/troth/log/checkpoint").body
    finally:
        second.stop()
    command = [sys.executable, "-S", "-m", "troth.verify", "receipt.json", "checkpoint", "--vkey", "vkey"]
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "src")}, check=False)
    assert done.returncode == 0
    assert "2 logs hold" in other.well("ledger", "verify")


def test_a_backup_is_two_parts_for_nobody_else_and_holds_no_epoch_key_and_no_tombstone(
    house: House, tmp_path: Path
) -> None:
    house.erase("alice")
    house.well("backup", tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"data", "keys"}
    for path in (tmp_path / "new", *(tmp_path / "new").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    held = everything(tmp_path / "new")
    for key in (house.home / "keys").iterdir():
        for line in key.read_text().splitlines():
            words = line.split()
            secret = words[4] if len(words) == 6 else words[1] if len(words) == 3 else None
            assert secret is None or secret.encode() not in held, key.name
            assert len(words) != 6 or base64.urlsafe_b64decode(words[4]) not in held, key.name
    manifests = [
        json.loads((tmp_path / "new" / part / "manifest.json").read_text()) for part in ("data", "keys")
    ]
    assert {each["tombstones"] for each in manifests} == {1} and "localhost/log/1\n" in manifests[0]["head"]
    assert "store.sqlite3" in manifests[0]["files"] and "files/ab/cd" in manifests[0]["files"]
    assert not list(tmp_path.glob(".new*"))


def test_a_backup_goes_only_where_nothing_is_and_outside_the_install(house: House, copy: Path) -> None:
    before = contents(copy)
    for target, words in (
        (copy, "never overwritten"),
        (house.home / "copy", "inside TROTH_HOME"),
        (house.home / "keys" / "copy", "inside TROTH_HOME"),
        (copy.parent / "nowhere" / "copy", "is no folder"),
    ):
        assert words in said(house.run("backup", target))
        assert target == copy or not target.exists()
    assert contents(copy) == before


WRITE = """
for n in range(25):
    enquiry_of({**ALICE, "email": f"person{n}@many.example"})
print(len(DataSubject.objects.all()))
"""

KEYLESS = """
known = set(DataKey.objects.values_list("subject", flat=True))
print(json.dumps([pk.hex for pk in DataSubject.objects.values_list("pk", flat=True) if pk.hex not in known]))
"""


@pytest.mark.long
def test_what_is_written_meanwhile_is_in_the_copy_with_its_key_or_not_at_all(
    house: House, tmp_path: Path
) -> None:
    writers = [threading.Thread(target=house.ask, args=(WRITE,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for number in range(3):
        house.well("backup", tmp_path / f"copy{number}")
    for writer in writers:
        writer.join()
    for number in range(3):
        second = second_machine(tmp_path / f"second{number}", house)
        second.well("restore", tmp_path / f"copy{number}")
        assert second.ask(KEYLESS) == []
        assert {"alice@kiln.example", "charlie@kiln.example"} <= set(second.left())


def other_keys(place: House, copy: Path) -> None:
    shutil.rmtree(place.home / "keys")
    code = "import sys; from pathlib import Path; from troth.gate.keystore.beginning import begin;"
    code += "p = Path(sys.argv[1]); begin(p, p / 'tombstones')"
    assert warm.run(["-c", code, str(place.home / "keys")], environment()).returncode == 0


def flip(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])


SPOILT: dict[str, tuple[Callable[[House, Path], object], str]] = {
    "no keys": (lambda at, _: shutil.rmtree(at.home / "keys"), "put it back from the escrow"),
    "no journal": (lambda at, _: at.journal.unlink(), "bring the newest copy"),
    "a cut journal": (lambda at, _: at.journal.write_bytes(at.journal.read_bytes()[:-141]), "older than the backup"),
    "a spoilt journal": (lambda at, _: flip(at.journal), "bring the newest copy"),
    "another install's keys": (other_keys, "another install"),
    "a damaged data store": (lambda _, copy: flip(copy / "data" / "store.sqlite3"), "data/store.sqlite3` is damaged"),
    "a damaged key store": (lambda _, copy: flip(copy / "keys" / "store.sqlite3"), "keys/store.sqlite3` is damaged"),
    "a damaged file": (lambda _, copy: flip(copy / "data" / "files" / "ab" / "cd"), "is damaged"),
    "a missing file": (lambda _, copy: (copy / "data" / "company.toml").unlink(), "cannot be read"),
    "a damaged manifest": (lambda _, copy: flip(copy / "keys" / "manifest.json"), "is damaged"),
    "no manifest": (lambda _, copy: (copy / "data" / "manifest.json").unlink(), "no signed manifest"),
    "no keys part": (lambda _, copy: shutil.rmtree(copy / "keys"), "no signed manifest"),
    "the same part twice": (
        lambda _, copy: (shutil.rmtree(copy / "keys"), shutil.copytree(copy / "data", copy / "keys")), "not `keys`",
    ),
    "something in the home": (lambda at, _: (at.home / "notes").write_text("mine"), "is not empty (`notes`)"),
}  # fmt: skip


@pytest.fixture(scope="module")
def erased_before(filled: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house in which somebody was erased before its backup was taken."""
    folder = tmp_path_factory.mktemp("erased")
    house = House(Path(shutil.copytree(filled.home, folder / "home")), told=filled.told)
    house.erase("alice")
    house.well("backup", folder / "copy")
    return house


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_may_not_be_restored_is_refused_in_one_line_and_nothing_is_written(
    erased_before: House, tmp_path: Path, spoilt: str
) -> None:
    second = second_machine(tmp_path / "second", erased_before)
    copy = Path(shutil.copytree(erased_before.home.with_name("copy"), tmp_path / "copy"))
    spoil, words = SPOILT[spoilt]
    spoil(second, copy)
    before = contents(second.home)
    line = said(second.run("restore", copy))
    assert words in line and contents(second.home) == before


def test_nothing_is_restored_over_an_install_that_is_there_or_served(house: House, copy: Path) -> None:
    before = contents(house.home)
    assert "never restored over an install" in said(house.run("restore", copy))
    assert contents(house.home) == before
    code = "import sys, time; from pathlib import Path; from troth.config.supervise import hold\n"
    code += "with hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    served = subprocess.Popen(
        [sys.executable, "-c", code, str(house.home)], env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert served.stdout is not None
        served.stdout.readline()
        assert f"in use by process {served.pid}" in said(house.run("restore", copy))
    finally:
        served.kill()
        served.wait()


@pytest.mark.long
def test_a_journal_of_before_the_backup_is_refused(house: House, tmp_path: Path) -> None:
    old = house.journal.read_bytes()
    house.erase("alice")
    house.well("backup", tmp_path / "new")
    second = second_machine(tmp_path / "second", house)
    second.journal.write_bytes(old)
    assert "older than the backup (0 entries, not 1)" in said(second.run("restore", tmp_path / "new"))


@pytest.mark.long
def test_the_parts_may_lie_apart_and_the_keys_may_be_newer_but_not_older(house: House, copy: Path) -> None:
    newer = copy.with_name("newer")
    house.well("backup", newer)
    shutil.move(newer / "keys", copy.with_name("vault"))
    first, second = (second_machine(copy.with_name(name), house) for name in ("first", "second"))
    for part in ("data", "keys"):  # a second is the finest that a manifest tells
        assert json.loads((copy / part / "manifest.json").read_text())["backup"]
    assert "are older than the data" in said(first.run("restore", newer, "--keys-from", copy))
    second.well("restore", copy, "--keys-from", copy.with_name("vault"))
    assert second.left() == ["alice@kiln.example", "charlie@kiln.example"]


HALT = """
import os, sys
from troth.gate.backups import placing, stores
place, name = sys.argv[1].split(":")
if place == "restoring":
    whole = placing.put_in_place
    def hooked(given):
        whole(given)
        import troth.config.cli as cli
        known = cli.set_up
        def then():
            known()
            from troth.gate.backups import restoring
            setattr(restoring, name, lambda *_: os._exit(9))
        cli.set_up = then
    placing.put_in_place = hooked
else:
    setattr({"stores": stores, "placing": placing}[place], name, lambda *_: os._exit(9))
from troth.config.cli import main
sys.exit(main(["restore", sys.argv[2]]))
"""
HALTS = [
    "stores:put_back",
    "restoring:erase_again",
    "restoring:purge",
    "restoring:integrate",
    "placing:release",
]


@pytest.mark.long
@pytest.mark.parametrize("where", HALTS)
def test_a_restore_that_was_killed_serves_nothing_and_is_done_anew(
    house: House, copy: Path, tmp_path: Path, where: str
) -> None:
    house.erase("alice")
    second = second_machine(tmp_path / "second", house)
    killed = warm.run(["-c", HALT, where, str(copy)], environment(TROTH_HOME=str(second.home)))
    assert killed.returncode == 9, killed.stderr
    every = (("serve",), ("demo",), ("init",), ("backup", tmp_path / "of-it")) if "purge" in where else ()
    for command in (("worker",), *every):
        assert "half restored" in said(second.run(*command))
    second.well("restore", copy)
    assert not (second.home / "restoring").exists()
    assert second.left() == ["charlie@kiln.example"]
    assert "2 logs hold" in second.well("ledger", "verify")


TURN = """
for days in (8, 42):
    turning.turn_epoch(datetime.now(UTC) + timedelta(days=days))
"""

OPENED = '''
"""Every key that is left, against every wrapped key of the copy, with no regard to epoch numbers."""
import base64
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pysqlite3 import connect
from troth.engine.seal import open_escrow
from troth.gate.keystore.keys import _wrapping

store, escrow, private = sys.argv[1:]
files = {path.name: path.read_bytes() for path in Path(settings.TROTH_KEYS).glob("*.key")}
files |= {f"escrow {name}": data for name, data in open_escrow(private, Path(escrow).read_bytes()).items()}
secrets = [base64.urlsafe_b64decode(data.split()[4]) for data in files.values()]
opened, rows = 0, connect(store).execute("SELECT subject, version, wrapped FROM keystore_datakey").fetchall()
for subject, version, wrapped in rows:
    for secret in secrets:
        try:
            AESGCM(secret).decrypt(wrapped[6:18], wrapped[18:], _wrapping(subject, version) + wrapped[:6])
            opened += 1
            break
        except InvalidTag:
            pass
print(json.dumps([len(rows), opened]))
'''


@pytest.mark.long
def test_a_backup_older_than_the_epoch_limit_opens_nothing_with_all_the_keys_there_are(
    house: House, copy: Path, tmp_path: Path
) -> None:
    public, private = (
        word for word in house.well("keys", "recovery").split() if word.startswith("troth-recovery")
    )
    arguments = (str(copy / "keys" / "store.sqlite3"), str(tmp_path / "escrow"), private)
    house.well("keys", "escrow", tmp_path / "escrow", "--recovery", public)
    held, opened = house.ask(OPENED, *arguments)
    assert held == opened == 5  # three people; the Company as a Customer, and its workspace
    house.ask(TURN)
    house.well("keys", "escrow", tmp_path / "escrow", "--recovery", public)
    assert house.ask(OPENED, *arguments) == [5, 0]
    assert house.left() == ["alice@kiln.example", "charlie@kiln.example"]
    second = second_machine(tmp_path / "second", house)
    assert "they open nothing any more" in said(second.run("restore", copy))
    # The data of the old backup with today's keys is another matter: that is what the keys part is kept apart for.
    house.well("backup", tmp_path / "new")
    second.well("restore", copy, "--keys-from", tmp_path / "new")
    assert second.left() == ["alice@kiln.example", "charlie@kiln.example"]


@pytest.mark.long
def test_an_escrow_older_than_the_backup_is_told_from_a_destroyed_epoch(house: House, tmp_path: Path) -> None:
    old = Path(shutil.copytree(house.home / "keys", tmp_path / "old"))
    house.ask("turning.turn_epoch(datetime.now(UTC) + timedelta(days=8))")
    house.well("backup", tmp_path / "new")
    second = second_machine(tmp_path / "second", house)
    shutil.rmtree(second.home / "keys")
    shutil.copytree(old, second.home / "keys")
    assert "bring a newer escrow" in said(second.run("restore", tmp_path / "new"))


STATES = """
from django.contrib.sessions.models import Session
from troth.gate.export.models import Export
states = [sorted(model.objects.values_list("state", flat=True)) for model in (Message, Export)]
print(json.dumps([states[0], Session.objects.count(), states[1]]))
"""

SESSION = """
from django.utils import timezone
from django.contrib.sessions.models import Session
Session.objects.create(session_key="k", session_data="d", expire_date=timezone.now() + timedelta(days=1))
Message.objects.filter(pk=Message.objects.first().pk).update(state="sending")
from troth.gate.export import exporting
owner = Enquiry.objects.first().owner_id
exporting.ask_for(owner, [owner], [], Actor("data-subject", owner))
"""


@pytest.mark.long
def test_no_mail_goes_twice_and_nobody_is_still_signed_in(house: House, tmp_path: Path) -> None:
    house.ask(SESSION)
    assert house.ask(STATES) == [["queued", "sending"], 1, ["preparing"]]
    house.well("backup", tmp_path / "new")
    second = second_machine(tmp_path / "second", house)
    told = second.well("restore", tmp_path / "new")
    assert "messages that may have been sent: 2" in told and "sessions ended: 1" in told
    assert second.ask(STATES) == [["unknown", "unknown"], 0, ["failed"]]


@pytest.mark.long
def test_the_new_log_commits_to_a_head_that_was_published_after_the_backup(
    house: House, copy: Path, tmp_path: Path
) -> None:
    house.ask("enquiry_of(); integrate()")
    published = tmp_path / "published"
    published.write_text(house.well("ledger", "checkpoint"), encoding="utf-8")
    plain, exact = (second_machine(tmp_path / name, house) for name in ("plain", "exact"))
    forged = tmp_path / "forged"
    forged.write_text(published.read_text().replace("log/1\n", "log/1\n1", 1), encoding="utf-8")
    for wrong in (forged, tmp_path / "nowhere"):
        assert (
            "checkpoint" in (line := said(exact.run("restore", copy, "--checkpoint", wrong)))
            or "head" in line
        )
    plain.well("restore", copy)
    assert plain.run("ledger", "verify", "--published", published).returncode == 1
    exact.well("restore", copy, "--checkpoint", published)
    exact.well("ledger", "verify", "--published", published)


@pytest.mark.long
def test_a_backup_restored_twice_never_signs_two_histories_under_one_name(
    house: House, copy: Path, tmp_path: Path
) -> None:
    first = second_machine(tmp_path / "first", house)
    assert "log: 2" in first.well("restore", copy)
    # A week later the second machine is lost as well, and its journal is what is brought.
    again = second_machine(tmp_path / "again", first)
    assert "log: 3" in again.well("restore", copy)
    assert "localhost/log/3" in again.well("ledger", "checkpoint") and again.well("ledger", "verify")


STUCK = """
from django.utils import timezone
Erasure.objects.create(subject="a" * 32)
Erasure.objects.update(begun_at=timezone.now() - timedelta(minutes=int(sys.argv[1])))
"""


@pytest.mark.long
def test_the_doctor_tells_how_old_the_last_backup_is_and_which_erasures_are_stuck(
    house: House, tmp_path: Path
) -> None:
    (house.home / "last-backup").unlink()
    house.ask(STUCK, "59")
    told = house.run("doctor").stdout
    assert "MEND  no backup was taken" in told and "ok    no erasure is stuck" in told
    house.well("backup", tmp_path / "new")
    house.ask(
        "from django.utils import timezone\nErasure.objects.update(begun_at=timezone.now() - timedelta(hours=2))"
    )
    told = house.run("doctor").stdout
    assert (
        "ok    the last backup is 0 days old" in told
        and "MEND  1 erasures began more than an hour ago" in told
    )
    (house.home / "last-backup").write_text("2026-01-01T00:00:00+00:00 /somewhere\n")
    assert "MEND  the last backup is" in house.run("doctor").stdout


@pytest.mark.long
@durable
def test_on_either_database_the_erased_stay_erased_and_a_killed_restore_is_done_anew(
    tmp_path: Path, databases: Databases
) -> None:
    first = House(tmp_path / "first", databases("first"))
    first.well("init")
    if first.settings:
        assert first.run("doctor").stdout.count("store owns nothing") == 2
    first.told = first.ask(FILL)
    first.well("backup", tmp_path / "copy")
    first.erase("alice")
    second = second_machine(tmp_path / "second", first, databases("second"))
    own = environment(TROTH_HOME=str(second.home), **second.settings)
    killed = warm.run(["-c", HALT, "restoring:_begin_log", str(tmp_path / "copy")], own)
    assert killed.returncode == 9, killed.stderr
    assert "half restored" in said(second.run("worker"))
    second.well("restore", tmp_path / "copy")
    assert second.left() == ["charlie@kiln.example"] and second.ask(KEYLESS) == []
    assert "2 logs hold" in second.well("ledger", "verify")
    if second.settings:
        third = second_machine(tmp_path / "third", first, second.settings)
        assert "is not empty" in said(third.run("restore", tmp_path / "copy"))


@durable
def test_postgresql_without_its_client_programs_is_told_what_is_missing(
    tmp_path: Path, databases: Databases
) -> None:
    settings = databases("lone")
    if not settings:
        pytest.skip("SQLite needs no other program")
    house = House(tmp_path / "home", settings)
    house.well("init")
    assert "`pg_dump` is not on the PATH" in said(house.run("backup", tmp_path / "copy", PATH="/nowhere"))
    assert not (tmp_path / "copy").exists() and not list(tmp_path.glob(".copy*"))
