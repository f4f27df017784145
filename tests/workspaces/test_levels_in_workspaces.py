"""What a company chose holds in its workspaces: keys, files, downloads, our support; and it is proved."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.apps.api_house import Program, key, pots
from tests.apps.support_house import ask, asked, desk, fill, kept
from tests.cast import durable
from tests.workspaces.customers import ALICE, CHARLIE, at, browser, colleague, customer, mails, workspace
from troth.accounts import level_probes
from troth.accounts.levels import choosing, controls, probing, seconding
from troth.accounts.levels.admitting import Coming, Factor
from troth.accounts.levels.models import Choice, Nod
from troth.accounts.people.companies import company_of
from troth.accounts.people.models import Membership, Person
from troth.apps.api.models import ApiKey
from troth.apps.files import flows as files
from troth.apps.files import jobs
from troth.apps.files.models import Document
from troth.apps.support.models import Looked, Sitting, SupportRequest
from troth.gate.errors import Refused
from troth.gate.proving.answers import Status
from troth.workspaces import letting_in
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened
from troth.workspaces.models import Role

pytestmark = durable
BYTES, TEXT = b"\x00\x01\x02\x03 nothing we know", b"just words\n"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path
    settings.TROTH_SECOND_FACTOR = False


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


def place(of: Person) -> Membership:
    found: Membership = Membership.objects.get(owner=of.owner_id)
    return found


def choose(of: Person, level: str = "basic", **apart: Any) -> None:
    choosing.choose(place(of), level, apart, Coming("127.0.0.1", Factor.PASSKEY, True))


def test_a_key_lets_in_from_the_companys_networks_and_not_beyond_its_age(alice: Person, here: Access) -> None:
    program = Program(key(here, days=90))
    assert program.get("").status_code == 200
    choose(alice, key_days=30)
    assert program.get("").status_code == 200
    with opened(here.workspace.owner_id):
        ApiKey.objects.update(made_at=timezone.now() - timedelta(days=31))
    assert program.get("").status_code == 401
    client = browser(alice, confirmed=True)
    assert "30 days" in client.get(at(here, "api/")).content.decode()
    with opened(here.workspace.owner_id):
        ApiKey.objects.update(made_at=timezone.now())
    choose(alice, networks=["127.0.0.0/8"])
    assert program.get("").status_code == 200
    program._client.defaults["REMOTE_ADDR"] = "198.51.100.9"
    answer = program.get("")
    assert answer.status_code == 403 and "networks" in answer.content.decode()


def test_only_kinds_that_the_company_takes_are_kept_and_the_trash_is_emptied_in_its_time(
    alice: Person, here: Access
) -> None:
    client = browser(alice, confirmed=True)

    def put(name: str, content: bytes) -> str:
        told = {"files": [SimpleUploadedFile(name, content)]}
        return client.post(at(here, "files/upload/"), told, follow=True).content.decode()

    choose(alice, files="known", trash=7)
    assert "no file of this kind" in put("words.txt", BYTES) and not Document.every.exists()
    assert "is here" in put("words.bin", TEXT)
    choose(alice, files="documents", trash=7)
    assert "no file of this kind" in put("more.txt", b"PK\x03\x04 an archive")
    with opened(here.workspace.owner_id):
        row = Document.objects.get()
    files.trash(here, row)
    for days, left in ((6, 1), (8, 0)):
        with opened(here.workspace.owner_id):
            Document.objects.update(trashed_at=timezone.now() - timedelta(days=days))
        assert "7 days" in client.get(at(here, "files/trash/")).content.decode()
        jobs.tidy()
        assert Document.every.count() == left


def test_a_download_waits_for_a_second_person_and_for_nobody_else(alice: Person, here: Access) -> None:
    bob = colleague(alice)
    letting_in.seat(here, bob.owner_id, Role.EDITOR)
    collection, _ = pots(here)
    file = at(here, f"records/{collection.pk}/export/csv/")
    as_bob, as_alice = browser(bob, confirmed=True), browser(alice, confirmed=True)
    assert as_bob.get(file)["Content-Type"].startswith("text/csv")
    choose(alice, export="second")
    assert as_bob.get(file).status_code == 302 and as_bob.get(file).status_code == 302
    assert Nod.objects.count() == 1  # asking again is asking once
    assert [subject for subject, _ in mails(ALICE["email"])][-1] == "A second person is asked for"
    nod = Nod.objects.get()
    with pytest.raises(Refused):
        seconding.give(place(bob), nod.pk)  # he manages nothing
    page = f"/account/people/{company_of(place(alice)).pk}/security/"
    assert "download a collection" in as_alice.get(page).content.decode()
    assert as_alice.post(f"{page}yes/{nod.pk}/").status_code == 302
    assert as_bob.get(file)["Content-Type"].startswith("text/csv")
    # It is a yes to Bob, for this collection, for an hour.
    assert as_alice.get(file).status_code == 302
    with pytest.raises(Refused, match="own wish"):
        seconding.give(place(alice), Nod.objects.get(asker=alice.owner_id).pk)
    Nod.objects.filter(pk=nod.pk).update(given_at=timezone.now() - timedelta(minutes=61))
    assert as_bob.get(file).status_code == 302
    assert browser(bob).get(file).status_code == 302  # and not without a fresh sign-in


def test_support_looks_as_far_as_the_company_lets_it(alice: Person, here: Access) -> None:
    house, client, dana = fill(here, kilns=3), browser(alice, confirmed=True), desk()
    (kilns,) = house.parts
    with kept(house):
        request = asked(client, here, kilns)
        where = f"/office/looks/{request.number}/{here.workspace.owner_id}/"
        choose(alice, support="day")
        late = timezone.now() + timedelta(days=3)
        ask(client, here, kilns, ends_at=f"{late:%Y-%m-%dT%H:%M}")
        assert SupportRequest.objects.count() == 1
        dana.begin(request.number, here.workspace.owner_id)
        assert dana.client.get(f"{where}{kilns}/").status_code == 200
        SupportRequest.objects.update(
            opened_at=timezone.now() - timedelta(days=1), ends_at=timezone.now() + timedelta(days=5)
        )
        assert "office/workspaces" in dana.client.get(f"{where}{kilns}/")["Location"]
        SupportRequest.objects.update(opened_at=timezone.now())
        choose(alice, support="each")
        seen = Looked.objects.count()
        assert dana.client.get(f"{where}{kilns}/").status_code == 302 and Looked.objects.count() == seen
        Sitting.objects.update(begun_at=timezone.now() - timedelta(hours=2))
        dana.begin(request.number, here.workspace.owner_id)
        nod = Nod.objects.get(what="look")
        assert dana.client.get(f"{where}{kilns}/").status_code == 302 and Looked.objects.count() == seen
        seconding.give(place(alice), nod.pk)
        assert dana.client.get(f"{where}{kilns}/").status_code == 200 and Looked.objects.count() == seen + 1
        assert proof().status is Status.KEPT
        Nod.objects.all().delete()
        assert "without the yes" in proof().evidence


def proof() -> Any:
    return controls.settings_take_hold()


def test_the_proof_tries_each_setting_and_finds_the_one_that_does_not_hold(
    alice: Person, here: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer(CHARLIE)
    colleague(alice)
    choose(alice, alerts="owners", idle=30)
    before = list(Choice.objects.values_list("level", "apart", "is_current"))
    found = proof()
    assert found.status is Status.KEPT and "as 1 of the customers chose" in found.figure, found
    assert list(Choice.objects.values_list("level", "apart", "is_current")) == before
    planted = (
        ("troth.accounts.levels.admitting.is_in", lambda *_: True),
        ("troth.accounts.sessions.is_over", lambda *_: False),
        ("troth.accounts.families.is_old", lambda *_: False),
        ("troth.accounts.tickets.judge", lambda *_: level_probes.tickets.Verdict.PREVIOUS),
        ("troth.accounts.signins.to_be_warned", lambda *_: []),
        ("troth.workspaces.level_probes.asked_first", lambda *_: None),
        ("troth.apps.files.flows.must_be_taken", lambda *_: None),
        ("troth.apps.support.looking.wanted_of", lambda *_: "request"),
        ("troth.apps.api.keys.longest_days", lambda *_: 999),
        ("troth.apps.files.controls.trash_days", lambda *_: 999),
        ("django.conf.settings.MIDDLEWARE", []),
    )
    for where, other in planted:
        with monkeypatch.context() as patch:
            patch.setattr(where, other)
            assert proof().status is Status.BROKEN, where
    with monkeypatch.context() as patch:
        patch.delitem(probing.PROBES, "idle")
        assert "Time away" in proof().evidence
    assert proof().status is Status.KEPT
