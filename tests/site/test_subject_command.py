"""`troth subject` and `troth retention`: rights from the shell, each look on record, nothing without the word."""

import argparse
import contextlib
import json
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.apps.privacy_people import person
from tests.cast import CHARLIE, durable, enquiry_of, staff
from tests.site import warm
from tests.site.demo import ROOT, environment
from troth.apps.enquiries.models import Enquiry
from troth.apps.rights import flows as rights
from troth.apps.rights.models import Request
from troth.config.commands import subjects as command
from troth.gate.ids import uuid7
from troth.gate.journal import writing
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore import keys
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM

ALICE, ELOISE = "alice@archer.example", "eloise@dubois.example"
PAPER = ("--on-paper", "the person, by letter; identity card seen")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company, prepared as `troth demo` does, with nothing served."""
    folder = tmp_path_factory.mktemp("shell") / "home"
    prepare = (
        "from pathlib import Path; from troth.config.commands.preparing import prepare;"
        f"prepare(Path({str(folder)!r}), sample=True)"
    )
    done = warm.run(["-c", prepare], surroundings(folder))
    assert done.returncode == 0, done.stderr
    return folder


def surroundings(home: Path) -> dict[str, str]:
    return environment(TROTH_HOME=str(home), TROTH_DEMO="1", TROTH_MAIL_HELD="1")


def troth(home: Path, *arguments: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    return warm.run(["-m", "troth.config.cli", *arguments], surroundings(home), typed)


def shown(home: Path, who: str) -> Any:
    done = troth(home, "subject", "show", who, "--json", *PAPER)
    return json.loads(done.stdout) if done.returncode == 0 else None


def on_record(home: Path, subject: str) -> int:
    """How many entries of the log have a part about a subject, asked past the gate."""
    with contextlib.closing(sqlite3.connect(home / "troth.sqlite3")) as store:
        asked = "SELECT COUNT(*) FROM journal_share WHERE subject = ?"
        return int(store.execute(asked, [uuid.UUID(subject).hex]).fetchone()[0])


def test_what_is_held_is_shown_and_the_look_is_on_record(home: Path) -> None:
    (first,) = shown(home, ELOISE)
    values = [row["values"] for row in first["held"]]
    assert any(row.get("E-mail address") == ELOISE for row in values)
    before = on_record(home, first["subject"])
    by_id = troth(home, "subject", "show", "-", *PAPER, typed=first["subject"] + "\n")
    assert ELOISE in by_id.stdout and "kept until" in by_id.stdout
    assert on_record(home, first["subject"]) == before + 2, "the ground, and the look"


def test_of_whom_nothing_is_held_is_said_to_be_so(home: Path) -> None:
    for who in ("nobody@archer.example", str(uuid.uuid4()), "no address", "-"):
        done = troth(home, "subject", "show", who, *PAPER)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "troth: nothing is held about this address or id; our own staff go by id\n"


def test_an_archive_is_written_for_its_owner_alone_and_anybody_can_check_it(
    home: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "bob.zip"
    assert troth(home, "subject", "export", "bob@archer.example", str(archive), *PAPER).returncode == 0
    assert archive.stat().st_mode & 0o777 == 0o600
    checked = subprocess.run(
        [sys.executable, "-S", "-E", "-m", "troth.verify", archive], cwd=ROOT / "src", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert troth(home, "subject", "export", "bob@archer.example", str(archive), *PAPER).returncode == 2
    assert not list((home / "files").rglob("*")) or not [
        p for p in (home / "files").rglob("*") if p.is_file()
    ]


def test_a_hold_keeps_and_a_release_lets_go(home: Path) -> None:
    held = troth(home, "subject", "hold", "charlie@chen.example", "--until", "2099-01-01")
    assert held.returncode == 0 and "until 2099-01-01 under share.legal" in held.stdout
    refused = troth(home, "subject", "erase", "charlie@chen.example", "--yes", *PAPER)
    assert refused.returncode == 1 and "(clause share.legal)" in refused.stderr
    assert shown(home, "charlie@chen.example")
    assert troth(home, "subject", "release", "charlie@chen.example").returncode == 0
    assert troth(home, "subject", "release", "charlie@chen.example").returncode == 1
    wrong = troth(home, "subject", "hold", "charlie@chen.example", "--until", "soon")
    assert wrong.returncode == 2 and "YYYY-MM-DD" in wrong.stderr


def test_nothing_is_erased_without_the_word(home: Path) -> None:
    for typed in ("", "yes\n", "erase\n"):
        assert troth(home, "subject", "erase", "charlie@chen.example", *PAPER, typed=typed).returncode == 1
    assert shown(home, "charlie@chen.example")


def test_with_the_word_all_of_it_goes(home: Path) -> None:
    done = troth(home, "subject", "erase", ELOISE, "--receipt-to", ELOISE, *PAPER, typed="ERASE\n")
    assert done.returncode == 0 and "1 x Enquiry: goes now" in done.stdout
    assert shown(home, ELOISE) is None


def test_what_stands_in_the_way_is_said_before_anything_goes(home: Path) -> None:
    done = troth(home, "subject", "erase", ALICE, "--yes", *PAPER)
    assert done.returncode == 1 and "close it" in done.stderr and "goes now" not in done.stdout


def test_retention_is_counted_and_run(home: Path) -> None:
    counted = troth(home, "retention", "--dry-run", "--json")
    due = {each["model"]: each for each in json.loads(counted.stdout)}
    assert due["enquiries.Enquiry"]["past"] == 0 and due["enquiries.Enquiry"]["next_on"]
    assert "24 months (collect.contact): 0 past" in troth(home, "retention", "--dry-run").stdout
    assert troth(home, "retention").stdout == "0 rows ended\n"


def run(*words: object) -> int:
    """The same command, in this process and on this test's stores."""
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    options = parser.parse_args(["subject", *map(str, words)])
    return int(options.run(options))


@durable
def test_a_request_of_the_desk_is_a_ground_only_for_its_person_and_while_it_is_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alice, other = person(), enquiry_of(CHARLIE)
    asked, _ = rights.ask(uuid7().hex, "access", "What do you hold?", person=alice)
    assert run("show", alice.owner_id, "--request", asked.number) == 0
    assert ALICE in capsys.readouterr().out
    for who, number in ((other.owner_id, asked.number), (alice.owner_id, "R-0000-0000")):
        assert run("show", who, "--request", number) == 1
        assert run("export", who, tmp_path / "own.zip", "--request", number) == 1
    rights.answer(asked, SYSTEM, "Here it is.")
    Request.objects.filter(pk=asked.pk).update(state="done", closed_at=asked.received_at)
    entries = Entry.objects.count()
    assert run("show", alice.owner_id, "--request", asked.number) == 1
    said = capsys.readouterr()
    assert said.out == "" and "no open request" in said.err
    assert Entry.objects.count() == entries and not (tmp_path / "own.zip").exists()


@durable
def test_nothing_is_printed_when_the_look_cannot_be_put_on_record(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device", "troth.sqlite3")

    enquiry = enquiry_of()
    monkeypatch.setattr(writing.committer, "commit", full)
    with pytest.raises(OSError, match="No space"):
        run("show", enquiry.owner_id, *PAPER)
    assert capsys.readouterr().out == ""


# -- on which ground


@pytest.mark.parametrize("step", ["show", "export", "erase"])
def test_nothing_is_done_without_a_ground_or_with_one_that_names_somebody(
    capsys: pytest.CaptureFixture[str], step: str
) -> None:
    what = (step, ALICE, *(["own.zip"] if step == "export" else []))
    reasons = ("asked", f"{ALICE} asked by letter", "the person with card 99 887 766 called")
    for said in ((), (*PAPER, "--request", "R-0000-0000"), *(("--on-paper", each) for each in reasons)):
        with pytest.raises(SystemExit) as refused:
            run(*what, *said)
        assert refused.value.code == 2
    assert capsys.readouterr().out == ""


@durable
def test_what_was_said_of_a_request_on_paper_is_kept_with_the_entry() -> None:
    enquiry, owner = enquiry_of(), staff("owner", "olga@iplum.example")
    assert run("show", enquiry.owner_id, *PAPER) == 0
    assert said_to(enquiry.owner_id)["on paper"] == PAPER[1]
    assert run("erase", enquiry.owner_id, "--yes", *PAPER) == 0
    kept = said_to(owner.owner_id)
    assert (kept["erased"], kept["on paper"], kept["others"]) == ("at the shell", PAPER[1], 1)
    assert enquiry.owner_id.hex not in json.dumps(kept)


def said_to(subject: uuid.UUID) -> dict[str, Any]:
    """The newest detail with a ground in one subject's part of the record."""
    cipher, found = keys.ciphers([subject.hex])[subject.hex], []
    for share in Share.objects.filter(subject=subject.hex).order_by("pk"):
        _, detail = writing.open_share(cipher, subject.hex, share.entry, bytes(share.sealed))
        found += [json.loads(detail)] if b"on paper" in detail else []
    told: dict[str, Any] = found[-1]
    return told


@durable
def test_an_erasure_is_refused_while_a_request_would_go_without_an_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alice = person()
    asked, _ = rights.ask(uuid7().hex, "correction", "My name has one r.", person=alice)
    assert run("erase", alice.owner_id, "--yes", *PAPER) == 1
    said = capsys.readouterr()
    assert asked.number in said.err and "answer it first" in said.err and said.out == ""
    assert Request.objects.filter(pk=asked.pk).exists()
    assert run("erase", alice.owner_id, "--yes", "--request", asked.number) == 1, "it asks for no deletion"
    assert Request.objects.filter(pk=asked.pk).exists()


@durable
def test_an_erasure_for_a_request_answers_it(capsys: pytest.CaptureFixture[str]) -> None:
    enquiry, other = enquiry_of(), enquiry_of(CHARLIE)
    asked, _ = rights.ask(uuid7().hex, "deletion", "All of it, please.", ALICE)
    assert run("erase", enquiry.owner_id, "--yes", "--request", asked.number) == 1, "nobody proved it"
    rights.prove(asked, Request.Identity.STAFF, reason="She called.")
    assert run("erase", other.owner_id, "--yes", "--request", asked.number) == 1
    assert run("erase", ALICE, "--yes", "--request", asked.number) == 0
    assert f"{asked.number} is answered" in capsys.readouterr().out
    row = Request.objects.get(pk=asked.pk)
    assert (row.state, row.outcome) == ("closing", "done")
    assert not Enquiry.objects.filter(pk=enquiry.pk).exists() and Enquiry.objects.filter(pk=other.pk).exists()
    assert Erasure.objects.exclude(farewell="").count() == 1, "the receipt goes to the address of the request"
