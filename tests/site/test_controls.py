"""Each control says `kept` when all is well, and `broken` when the breach it is there for is planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.cast import ALICE, durable, enquiry_of
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import Refused
from troth.gate.ids import uuid7
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.journal.models import Entry, Share
from troth.gate.keystore.models import DataKey
from troth.gate.outbound.mail import deliver_due
from troth.gate.outbound.models import Message
from troth.gate.proving import breach
from troth.gate.proving.answers import CONTROLS, Finding
from troth.gate.published import statement
from troth.gate.uses import outward

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]


def find(clause: str) -> Finding:
    """What the clause's control finds now."""
    return CONTROLS[clause]()


def entry(**facts: Any) -> None:
    """A use on record as the gate would never have written it."""
    Entry.objects.create(
        **{
            "id": uuid7().hex, "leaf": b"", "commitments": b"", "kind": 3, "purpose": "answering-enquiries",
            "clauses": "use.requested", "recipient": "sales", "version": statement.under(), "subjects": 1,
            "at": timezone.now(), **facts,
        }
    )  # fmt: skip


@pytest.mark.parametrize("kind", [2, 3, 6, 8], ids=["collect", "use", "restricted", "batch"])
@pytest.mark.parametrize(
    "facts",
    [
        {"purpose": "third-party-promotion"},
        {"purpose": "third-party-promotion", "recipient": "partner", "clauses": ""},
        {"purpose": "curiosity"},
        {"recipient": "passer-by"},
        {"clauses": ""},
        {"clauses": "use.requested share.no-promotion"},
        {"version": "0" * 16},
    ],
    ids=lambda facts: " ".join(facts),
)
def test_a_use_that_no_clause_allows_breaks_use_requested(kind: int, facts: dict[str, str]) -> None:
    enquiry_of()
    deliver_due()
    assert find("use.requested").status == "kept"
    entry(kind=kind, **facts)
    assert find("use.requested").status == "broken"


def test_where_nothing_was_used_nothing_is_shown_of_use_requested() -> None:
    found = find("use.requested")
    assert (found.status, found.figure) == ("unproven", "no use on record yet")


@pytest.mark.parametrize(
    "edit",
    [
        {"clauses": "share.joint-offers"},
        {"clauses": "share.providers share.joint-offers"},
        {"country": "RU"},
        {"purpose": "operating-and-improving"},
    ],
    ids=lambda edit: " ".join(edit.values()),
)
@pytest.mark.parametrize("clause", ["use.requested", "share.no-promotion"])
def test_an_entry_edited_beside_its_leaf_breaks_the_clauses_that_rest_on_it(
    clause: str, edit: dict[str, str]
) -> None:
    enquiry_of()
    deliver_due()
    assert find(clause).status == "kept"
    Entry.objects.filter(kind=4).update(**edit)
    assert find(clause).status == "broken"


def test_a_disclosure_for_promotion_breaks_share_no_promotion() -> None:
    enquiry_of()
    deliver_due()
    assert find("share.no-promotion").status == "kept"
    entry(kind=4, purpose="third-party-promotion", recipient="partner", clauses="share.providers")
    assert find("share.no-promotion").status == "broken"


def test_share_no_promotion_tries_a_disclosure_and_leaves_nothing_but_its_refusal() -> None:
    keys, shares = DataKey.objects.count(), Share.objects.count()
    assert "was refused under share.no-promotion" in find("share.no-promotion").evidence
    last = Entry.objects.get()
    assert (last.kind, last.purpose, last.recipient) == (5, "third-party-promotion", "partner")
    assert (DataKey.objects.count(), Share.objects.count()) == (keys, shares) and not Message.objects.exists()


def _gives_all(row: Any, fields: Any, **_: Any) -> dict[str, str]:
    return dict.fromkeys(fields, "given away")


def _refuses_in_silence(*_: Any, **__: Any) -> None:
    raise Refused("no", "share.no-promotion")


@pytest.mark.parametrize("door", [_gives_all, _refuses_in_silence])
def test_a_gate_that_gives_everything_or_keeps_no_record_breaks_share_no_promotion(
    door: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "disclose", door)
    assert find("share.no-promotion").status == "broken"


def test_a_statement_that_lets_data_go_for_promotion_breaks_share_no_promotion(
    settings: Any, tmp_path: Path
) -> None:
    text = Path(settings.TROTH_STATEMENT).read_text(encoding="utf-8")
    rule = (
        "allow share of contact.email for third-party-promotion with partner given enquiry,\n"
        "    except to share.no-promotion"
    )
    settings.TROTH_STATEMENT = tmp_path / "statement.md"
    settings.TROTH_STATEMENT.write_text(
        text.replace("\nkeep correspondence", f"\n{rule}\nkeep correspondence", 1)
    )
    try:
        statement.forget_cached()
        found = find("share.no-promotion")
        assert (found.status, found.evidence) == ("broken", "opened by use.requested")
    finally:
        settings.TROTH_STATEMENT = Path(__file__).parents[2] / "statement.md"
        statement.forget_cached()


@contextmanager
def a_log_file(home: Path) -> Iterator[None]:
    """A copy of an address in a file that somebody's logging left behind."""
    log = home / "debug.log"
    log.write_text(f"mail to {ALICE['email']} sent\n")
    try:
        yield
    finally:
        log.unlink()


@contextmanager
def a_sealed_column(_: Path) -> Iterator[None]:
    """An address where a sealed value belongs."""
    breach.plant()
    yield


@contextmanager
def an_open_column(_: Path) -> Iterator[None]:
    """A name in a column that is declared to hold no such thing."""
    Enquiry.objects.update(topic=ALICE["name"])
    yield


@contextmanager
def an_altered_log(_: Path) -> Iterator[None]:
    """An entry behind the signed head that says something else now."""
    row = Entry.objects.get(index=0)
    Entry.objects.filter(pk=row.pk).update(leaf=bytes(row.leaf)[:-1] + bytes([row.leaf[-1] ^ 1]))
    yield


@pytest.mark.parametrize(
    "planted", [a_log_file, a_sealed_column, an_open_column, an_altered_log], ids=lambda each: each.__name__
)
def test_plain_data_or_an_altered_log_breaks_security_measures(
    settings: Any, planted: Callable[[Path], Any]
) -> None:
    if connection.vendor == "sqlite":  # what the test before planted may stand in the write-ahead log still
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    begin_log()
    enquiry_of()
    integrate()
    sound = find("security.measures")
    assert sound.status == "kept", sound.evidence
    with planted(Path(settings.TROTH_HOME)):
        found = find("security.measures")
    assert found.status == "broken"
    assert ALICE["email"] not in found.evidence and breach.PLANTED.decode() not in found.evidence


def test_what_the_break_it_button_plants_is_mended_without_a_trace() -> None:
    begin_log()
    integrate()
    breach.plant()
    breach.mend()
    assert find("security.measures").status == "kept" and not breach.is_planted()
