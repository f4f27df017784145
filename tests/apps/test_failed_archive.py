"""An archive that cannot be made: its owner is told, and can ask again."""

from pathlib import Path

import pytest

from tests.apps.privacy_people import browser, person
from tests.cast import durable
from troth.accounts.people.models import Person
from troth.gate.export import exporting, preparing
from troth.gate.export.models import Export
from troth.gate.outbound.models import Message
from troth.gate.subjects import limits
from troth.gate.uses import SYSTEM, Actor, using

pytestmark = durable


@pytest.fixture(autouse=True)
def files_of_its_own(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.TROTH_HOME = tmp_path


def break_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full, as often as the worker tries."""

    def full(*args: object) -> None:
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(preparing, "assemble", full)
        while preparing.prepare_one():
            pass
    assert Export.objects.latest("asked_at").state == "failed"


def subjects_of_mail(who: Person) -> list[str]:
    with using("supervising-mail", by=Actor("privacy-officer")):
        return [each.subject for each in Message.objects.filter(owner=who.owner_id).order_by("queued_at")]


@pytest.mark.parametrize("is_restricted", [False, True])
def test_a_failed_archive_of_ones_own_is_told_once(
    monkeypatch: pytest.MonkeyPatch, is_restricted: bool
) -> None:
    alice = person()
    own = Actor("data-subject", alice.owner_id)
    exporting.ask_for(alice.owner_id, [alice.owner_id], [], own)
    if is_restricted:
        limits.restrict(alice.owner_id, own)
    break_off(monkeypatch)
    for _ in range(3):
        exporting.tell_due()
    assert subjects_of_mail(alice) == ["Your data could not be put together"]
    assert "Ask again" in browser(alice, confirmed=True).get("/account/privacy/export/").content.decode()


def test_what_the_shell_asked_for_is_told_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = person()
    exporting.ask_for(alice.owner_id, [alice.owner_id], [], SYSTEM)
    break_off(monkeypatch)
    exporting.tell_due()
    assert subjects_of_mail(alice) == []
