"""Two subjects proven to be one: rows, record and limits move, and nothing of the first one stays."""

import pytest

from tests.cast import ALICE, CHARLIE, acting, durable, enquiry_of, staff
from tests.gate.at_the_prompt import tables_holding
from troth.apps.enquiries.models import Enquiry
from troth.gate.errors import Erased, GateError, Refused
from troth.gate.journal.models import Share
from troth.gate.keystore import keys
from troth.gate.subjects import limits, merging
from troth.gate.subjects.erase import erase
from troth.gate.subjects.find import of_address, unproven
from troth.gate.subjects.jobs import finish_erasures
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM, Actor, OwnData, using
from troth.gate.uses.history import history, receipt

pytestmark = durable


def two_of_alice() -> tuple[Enquiry, Enquiry]:
    return enquiry_of(), enquiry_of(
        {**ALICE, "message": "And which would you end with?", "email": "Alice@Archer.example"}
    )


def own(enquiry: Enquiry) -> Actor:
    return Actor("data-subject", enquiry.owner_id)


def test_an_address_finds_all_its_subjects_and_nobody_elses() -> None:
    first, second = two_of_alice()
    enquiry_of(CHARLIE)
    staff(email="alice@archer.example")
    assert of_address("ALICE@archer.example") == {first.owner_id, second.owner_id}
    assert unproven("alice@archer.example") == {first.owner_id, second.owner_id}
    assert of_address("nobody@archer.example") == set() and of_address("no address") == set()


def test_the_rows_and_the_record_of_both_are_one_persons() -> None:
    first, second = two_of_alice()
    dana = staff()
    with using("answering-enquiries", by=acting(dana), given=second):
        assert second.message
    one, into = second.owner_id, first.owner_id
    merging.merge(one, into, SYSTEM)
    finish_erasures()
    with using("showing-own-data", by=own(first), given=OwnData(into)):
        assert {row.message for row in Enquiry.objects.filter(owner=into)} == {
            ALICE["message"],
            "And which would you end with?",
        }
        seen = [used for used in history() if used.role == "sales"]
        assert len(seen) == 1 and "enquiry.message" in seen[0].fields
        assert receipt(seen[0].entry).to_json()
    assert tables_holding(one.hex.encode()) == [] and tables_holding(str(one).encode()) == []
    assert [each.state for each in Erasure.objects.all()] == ["done"]


def test_the_old_rows_in_hand_are_dead() -> None:
    first, second = two_of_alice()
    merging.merge(second.owner_id, first.owner_id, SYSTEM)
    with pytest.raises(Erased), using("answering-enquiries", by=SYSTEM, given=second):
        str(second.email)


def test_a_merge_cut_short_is_finished_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*args: object, **kwargs: object) -> None:
        raise Killed

    first, second = two_of_alice()
    with monkeypatch.context() as patch:
        patch.setattr(merging, "erase", killed)
        with pytest.raises(Killed):
            merging.merge(second.owner_id, first.owner_id, SYSTEM)
    assert Enquiry.objects.filter(owner=first.owner_id).count() == 2
    finish_erasures()
    assert not keys.ciphers([second.owner_id.hex]) and Enquiry.objects.count() == 2


def test_a_merge_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(one: str, into: str) -> None:
        raise GateError("no")

    first, second = two_of_alice()
    monkeypatch.setattr(merging, "MERGINGS", [fails])
    with pytest.raises(GateError, match="no"):
        merging.merge(second.owner_id, first.owner_id, SYSTEM)
    with using("answering-enquiries", by=SYSTEM, given=second):
        assert second.email == "Alice@Archer.example"
    assert not Erasure.objects.exists()


def test_the_limits_of_both_hold() -> None:
    first, second = two_of_alice()
    limits.restrict(second.owner_id, own(second))
    merging.merge(second.owner_id, first.owner_id, SYSTEM)
    with pytest.raises(Refused, match="restricted"), using("answering-enquiries", by=SYSTEM, given=first):
        str(first.email)


def test_nobody_is_merged_with_themselves_or_with_the_erased() -> None:
    first, second = two_of_alice()
    with pytest.raises(GateError, match="itself"):
        merging.merge(first.owner_id, first.owner_id, SYSTEM)
    erase(second.owner_id.hex, SYSTEM)
    with pytest.raises(GateError, match="being erased"):
        merging.merge(second.owner_id, first.owner_id, SYSTEM)
    assert Share.objects.filter(subject=first.owner_id.hex).exists()
