"""A receipt, checked as an outsider checks it: in a process of its own, with nothing but the standard library."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cast import CHARLIE, acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import spoil
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import Refused
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Share
from troth.gate.uses import Actor, OwnData, using
from troth.gate.uses.history import history, receipt

pytestmark = durable
SOURCE = Path(__file__).resolve().parents[2] / "src"


def read_by_dana() -> Enquiry:
    begin_log()
    dana, enquiry = acting(staff()), enquiry_of()
    with using("answering-enquiries", by=dana, given=enquiry):
        assert enquiry.email
    enquiry_of(CHARLIE)
    return enquiry


def own(enquiry: Enquiry) -> using:
    return using(
        "showing-own-data", by=Actor("data-subject", enquiry.owner_id), given=OwnData(enquiry.owner_id)
    )


def verdict(tmp_path: Path, paper: bytes, head: bytes) -> int:
    (tmp_path / "receipt.json").write_bytes(paper)
    (tmp_path / "checkpoint").write_bytes(head)
    # -S: no site-packages; what is left is Python itself.
    command = [sys.executable, "-S", "-m", "troth.verify", "receipt.json", "checkpoint", "--vkey", log.vkey()]
    return subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=False
    ).returncode


def issued(enquiry: Enquiry) -> tuple[bytes, bytes]:
    with own(enquiry):
        newest = history()[0]
        text = receipt(newest.entry).to_json()
    return text.encode(), log.head().note.encode()  # type: ignore[union-attr]


def test_a_receipt_holds_for_an_outsider_and_fails_with_one_byte_changed(tmp_path: Path) -> None:
    enquiry = read_by_dana()
    integrate()
    paper, head = issued(enquiry)
    assert verdict(tmp_path, paper, head) == 0
    for mark in (b"use.requested", b'"salt": "', b'"leaf": "', b'"path": ['):
        at = paper.index(mark) + len(mark) + 3
        changed = paper[:at] + (b"A" if paper[at : at + 1] != b"A" else b"B") + paper[at + 1 :]
        assert verdict(tmp_path, changed, head) == 1, mark
    at = head.index(b"\n\n") - 4
    assert (
        verdict(tmp_path, paper, head[:at] + (b"A" if head[at : at + 1] != b"A" else b"B") + head[at + 1 :])
        == 1
    )


def test_a_receipt_of_an_entry_not_yet_integrated_is_undecided(tmp_path: Path) -> None:
    enquiry = read_by_dana()
    integrate()
    with own(enquiry):
        assert enquiry.email
    paper, head = issued(enquiry)
    assert verdict(tmp_path, paper, head) == 2
    integrate()
    assert verdict(tmp_path, *issued(enquiry)) == 0


def test_a_receipt_shows_nobody_else() -> None:
    enquiry = read_by_dana()
    integrate()
    paper, _ = issued(enquiry)
    others = {share.subject for share in Share.objects.exclude(subject=enquiry.owner_id.hex)}
    assert others and not [subject for subject in others if subject.encode() in paper]


def test_the_record_of_a_person_is_shown_to_that_person_only() -> None:
    enquiry = read_by_dana()
    for use in (
        using("answering-enquiries", by=Actor("sales"), given=enquiry),
        using("showing-own-data", by=Actor("data-subject", enquiry.owner_id), given=enquiry),
    ):
        with pytest.raises(Refused), use:
            history()


def test_what_a_person_is_shown_cannot_be_edited_at_the_databases_prompt() -> None:
    enquiry = read_by_dana()
    spoil(
        "UPDATE journal_entry SET recipient = 'system', purpose = 'sending-mail', at = '2020-01-01 00:00:00+00:00'"
    )
    with own(enquiry):
        newest = history()[0]
    assert (newest.role, newest.purpose) == ("sales", "answering-enquiries") and newest.at.year > 2020
