"""The commands without tests beside what they are about, run in this process: what they print, and their exit code."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cast import durable, enquiry_of
from troth.config import cli
from troth.engine.ledger import is_included, leaf_hash
from troth.gate.journal import log
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.keystore import keys
from troth.gate.keystore.escrow import new_recovery_key


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines of both streams."""
    code = cli.main(arguments)
    out, err = capsys.readouterr()
    return code, out.splitlines(), err.splitlines()


@durable
def test_the_proof_of_an_entry_leads_to_the_signed_head(capsys: pytest.CaptureFixture[str]) -> None:
    begin_log()
    enquiry_of()
    while integrate():
        pass
    head = log.head()
    assert head and head.size > 1
    code, lines, _ = run(capsys, "ledger", "proof", "1")
    assert code == 0 and lines[:2] == ["index 1", f"size {head.size}"]
    path = [base64.b64decode(line) for line in lines[2:]]
    assert is_included(leaf_hash(dict(log.leaves())[1]), 1, head.size, path, head.root)
    code, lines, errors = run(capsys, "ledger", "proof", str(head.size))
    assert code == 1 and not lines and len(errors) == 1 and errors[0].startswith("troth: ")


def test_a_clause_is_shown_with_its_rules_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "statement", "show", "scope.sites")
    shown = [line for line in lines if re.search(r"  \[[a-z.-]+\]$", line)]
    assert code == 0 and len(shown) == 1 and shown[0].endswith("  [scope.sites]")
    assert any(line.startswith("  - ") for line in lines)
    code, lines, errors = run(capsys, "statement", "show", "scope.sights")
    assert code == 1 and not lines and "no clause `scope.sights`" in errors[0]
    _, lines, _ = run(capsys, "statement", "show")
    assert sum(bool(re.search(r"  \[[a-z.-]+\]$", line)) for line in lines) >= 33


@durable
def test_live_keys_are_counted_by_epoch_and_rotated_to_the_newest(
    own_keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    enquiry_of()
    old = keys.keeper().newest_epoch()
    code, lines, errors = run(capsys, "keys", "status")
    assert code == 1 and errors == [
        "MEND  no escrow of the keys; run `troth keys escrow FILE` and set TROTH_ESCROW to it"
    ]
    (line,) = lines
    date = r"\d{4}-\d\d-\d\d"
    live = re.fullmatch(
        rf"epoch {old}  begun {date}  ([1-9]\d*) live keys  locks new keys until {date}", line
    )
    assert live, line
    monkeypatch.setenv("TROTH_ESCROW", str(tmp_path / "escrow"))
    public = new_recovery_key()[0]
    assert run(capsys, "keys", "escrow", str(tmp_path / "escrow"), "--recovery", public)[0] == 0
    code, lines, errors = run(capsys, "keys", "status")
    assert code == 0 and not errors and lines[-1].startswith("the escrow is 0 days old")
    monkeypatch.setattr(keys.keeper(), "_now", lambda: datetime.now(UTC) + timedelta(hours=12))
    keys.keeper().begin_epoch()
    code, lines, _ = run(capsys, "keys", "rotate")
    assert code == 0 and lines == [f"{live[1]} keys re-wrapped"]
    code, lines, errors = run(capsys, "keys", "status")
    assert re.search(rf"  0 live keys  dies on {date}, by {date} at the latest$", lines[0])
    assert f"  {live[1]} live keys  locks new keys" in lines[1]
    assert code == 1 and "MEND  the escrow lacks the newest epoch" in errors[0]
    (own_keys / "ledger.key").unlink()
    code, _, errors = run(capsys, "keys", "status")
    assert code == 1 and "ledger.key" in errors[0]
