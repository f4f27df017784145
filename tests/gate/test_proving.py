"""A proof that meets damage: the clauses beside it are answered, and an old answer counts for nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from tests.cast import ALICE, CHARLIE, durable, enquiry_of
from troth.accounts.models import User, new_handle
from troth.apps.enquiries.models import Enquiry
from troth.gate.keystore import keys
from troth.gate.keystore.models import DataKey
from troth.gate.proving import answers, shown, traces
from troth.gate.proving.answers import CONTROLS, Answer, prove
from troth.gate.proving.models import Proof
from troth.gate.subjects.models import DataSubject, Kind

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]
MEASURES = "security.measures"


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Answer]]:
    """Every clause's answer by its id; nobody asks a server."""
    for clause in ("scope.sites", "security.tls"):
        monkeypatch.delitem(CONTROLS, clause)
    return lambda: {answer.id: answer for answer in prove()}


Proved = Callable[[], dict[str, Answer]]


def flip_a_byte(row: Enquiry) -> None:
    sealed = bytes(row.sealed or b"")
    Enquiry.objects.filter(pk=row.pk).update(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1]))


def flip_a_byte_of_the_key(row: Enquiry) -> None:
    key = DataKey.objects.get(subject=row.owner_id.hex)
    wrapped = bytes(key.wrapped)
    DataKey.objects.filter(pk=key.pk).update(wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def lose_the_key(row: Enquiry) -> None:
    DataKey.objects.filter(subject=row.owner_id.hex).delete()


@pytest.mark.parametrize(
    "damage", [flip_a_byte, flip_a_byte_of_the_key, lose_the_key], ids=lambda each: each.__name__
)
def test_one_damaged_row_breaks_its_clause_and_every_other_is_answered(
    proved: Proved, damage: Callable[[Enquiry], None]
) -> None:
    row = enquiry_of()
    enquiry_of(CHARLIE)
    before = proved()
    assert before[MEASURES].status == "kept"
    damage(row)
    found = proved()
    assert len(found) == 33 and found[MEASURES].status == "broken"
    assert "altered" in found[MEASURES].figure and "enquiries.Enquiry.sealed" in found[MEASURES].evidence
    assert Proof.objects.get(clause=MEASURES).status == "broken"
    assert {clause for clause in found if found[clause].status != before[clause].status} == {MEASURES}


def test_what_is_being_erased_is_passed_over_and_the_others_are_looked_at(
    proved: Proved, settings: Any
) -> None:
    keys.intend_erasure(enquiry_of().owner_id.hex)
    enquiry_of(CHARLIE)
    assert proved()[MEASURES].status == "kept"
    left = Path(settings.TROTH_HOME) / "debug.log"
    left.write_text(f"mail to {CHARLIE['email']} sent\n")
    try:
        assert proved()[MEASURES].status == "broken"
    finally:
        left.unlink()


def test_a_control_that_fails_leaves_its_clause_unproven_and_tells_no_value(
    proved: Proved, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing() -> answers.Finding:
        raise RuntimeError(f"could not parse {ALICE['email']}")

    monkeypatch.setitem(CONTROLS, "use.requested", failing)
    answer = proved()["use.requested"]
    assert answer.status == "unproven" and "RuntimeError" in answer.evidence and "RuntimeError" in caplog.text
    assert ALICE["email"] not in answer.evidence + caplog.text


def test_a_file_that_goes_while_it_is_looked_for_is_no_trace(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path
    (tmp_path / "spool").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "spool" / name).write_text(ALICE["email"])
    values = {ALICE["email"].encode()}
    listed = traces._below(tmp_path)
    next(listed)
    for name in ("a", "b", "c"):
        (tmp_path / "spool" / name).unlink()
    assert not list(listed) and list(traces._pieces(tmp_path / "spool" / "a")) == []
    assert traces.files(values) == []


def test_a_file_nobody_may_read_is_not_said_to_be_clean(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TROTH_HOME = tmp_path
    (tmp_path / "a").write_text("x")

    def refused(*_: object, **__: object) -> Iterator[bytes]:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(PermissionError):
        traces.files({b"12345678"})


@pytest.mark.parametrize("hours", [13, -13], ids=["long ago", "under a wrong clock"])
def test_an_answer_that_two_rounds_did_not_renew_counts_for_nothing(hours: int, victor: Client) -> None:
    now = timezone.now()
    Proof.objects.create(clause=MEASURES, status="kept", figure="all well", evidence="", checked_at=now)
    assert {each.state for each in shown.states() if each.id == MEASURES} == {"kept"}
    Proof.objects.update(checked_at=now - timedelta(hours=hours))
    (state,) = (each for each in shown.states() if each.id == MEASURES)
    assert (state.state, state.figure) == ("unproven", "not checked lately") and "kept" in state.evidence
    for path in ("/privacy/", "/privacy/proof/"):
        assert "all well" not in _figures(victor.get(path).content.decode())


def _figures(page: str) -> str:
    """A page without the evidence, which says how it was once."""
    return page.replace("it was kept when last checked: all well", "")


def test_an_address_in_a_json_or_binary_column_of_others_is_found(proved: Proved) -> None:
    enquiry_of()
    user = User.objects.create_user(DataSubject.begin(Kind.PERSON), new_handle())
    kept = Authenticator.objects.create(
        user=user, type="totp", data={"secret": "x", "of": [{"to": "nobody"}]}
    )
    assert proved()[MEASURES].status == "kept"
    kept.data = {"secret": "x", "of": [{"to": f"<{ALICE['email']}>"}]}
    kept.save()
    found = proved()[MEASURES]
    assert found.status == "broken" and "mfa.Authenticator.data" in found.evidence
