"""A record names a file of its workspace: chosen by who may open it, a link for who may, and a bare word for others."""

import html
import io
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.cast import durable
from tests.workspaces.customers import BOB, CHARLIE, access, at, browser, customer, workspace
from troth.accounts.people.models import Person
from troth.apps.files import flows as filing
from troth.apps.files import sending
from troth.apps.files.models import Document, Folder
from troth.apps.records import flows, naming, shape
from troth.apps.records.models import Collection, Field, Kind, Record
from troth.apps.records.shape import Draft
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Grant, Right

pytestmark = durable


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.TROTH_HOME = tmp_path


@pytest.fixture
def alice() -> Person:
    return customer()


@pytest.fixture
def here(alice: Person) -> Access:
    return workspace(alice)


@pytest.fixture
def pots(here: Access) -> Collection:
    return shape.make_collection(here, "Pots", (Draft("Glaze"), Draft("Picture", Kind.FILE)))


def file(here: Access, name: str, inside: Folder | None = None) -> Document:
    upload = sending.begin(here, inside and inside.pk, name, 5)
    sending.send(here, upload, 0, io.BytesIO(b"hello").read)
    with enter(here):
        found = sending.find(here, upload.pk)
    assert found is not None
    return sending.finish(here, found)


def fields(here: Access, of: Collection) -> dict[str, UUID]:
    with enter(here):
        return {field.name: field.pk for field in Field.objects.filter(collection=of)}


def granted(here: Access, to: Person, part: Any, right: Right = Right.VIEW) -> None:
    Grant(owner_id=here.workspace.owner_id, to_id=to.owner_id, right=right, part=part).save(force_insert=True)


def add(client: Client, here: Access, of: Collection, picture: str) -> Any:
    """Fill in the form of a new record."""
    page, names = at(here, f"records/{of.pk}/new/"), fields(here, of)
    mark = re.findall(r'name="submission" value="([^"]+)"', client.get(page).content.decode())[-1]
    return client.post(
        page, {"submission": mark, f"f-{names['Glaze'].hex}": "Ash", f"f-{names['Picture'].hex}": picture}
    )


def the_record(here: Access) -> Record:
    with enter(here):
        return Record.objects.get()


def shown(client: Client, here: Access, of: Collection, more: str = "") -> str:
    return html.unescape(client.get(at(here, f"records/{of.pk}/{more}")).content.decode())


def test_a_file_is_chosen_shown_as_a_link_changed_and_emptied(
    here: Access, alice: Person, pots: Collection
) -> None:
    as_alice, inside = browser(alice), filing.make_folder(here, None, "Glazes")
    ash, other = file(here, "ash.png", inside), file(here, "salt.png")
    form = shown(as_alice, here, pots, "new/")
    assert f'<option value="{ash.pk}">Glazes / ash.png</option>' in form and "salt.png" in form
    assert add(as_alice, here, pots, str(ash.pk)).status_code == 302
    link = f'<a href="{at(here, f"files/{ash.pk}/")}"><bdi>Glazes / ash.png</bdi></a>'
    record = the_record(here)
    assert link in shown(as_alice, here, pots, f"{record.pk}/") and link in shown(as_alice, here, pots)
    told = fields(here, pots)
    flows.change_record(here, record, {told["Picture"]: str(other.pk)}, 1)
    page = shown(as_alice, here, pots, f"{record.pk}/")
    assert "<bdi>salt.png</bdi></a>" in page and "<del>" in page and "Glazes / ash.png" in page
    flows.change_record(here, the_record(here), {told["Picture"]: ""}, 2)
    assert at(here, f"files/{other.pk}/") not in shown(as_alice, here, pots, f"{record.pk}/")


def test_a_file_that_is_erased_is_gone_from_the_record_too(
    here: Access, alice: Person, pots: Collection
) -> None:
    as_alice, ash = browser(alice), file(here, "ash.png")
    add(as_alice, here, pots, str(ash.pk))
    record = the_record(here)
    filing.trash(here, ash)
    with enter(here):
        thrown = Document.objects.get()
    for _ in range(2):
        for more in ("", f"{record.pk}/"):
            page = shown(as_alice, here, pots, more)
            assert "ash.png" not in page and naming.GONE in page and f"files/{ash.pk}" not in page
        if thrown:
            filing.throw_away(here, thrown)
            thrown = None
    # The form keeps it, and takes no such file anew.
    assert "The one it names is no longer there" in shown(as_alice, here, pots, f"{record.pk}/edit/")
    assert add(as_alice, here, pots, str(ash.pk)).status_code == 422


def test_who_may_not_open_the_file_gets_neither_its_name_nor_a_way_to_it(
    here: Access, alice: Person, pots: Collection
) -> None:
    ash, open_one = file(here, "ash.png"), file(here, "open.png")
    add(browser(alice), here, pots, str(ash.pk))
    record, charlie = the_record(here), customer(CHARLIE)
    granted(here, charlie, pots.pk, Right.EDIT)
    granted(here, charlie, open_one.pk)
    as_charlie = browser(charlie)
    for more in ("", f"{record.pk}/", f"{record.pk}/edit/", "new/"):
        page = shown(as_charlie, here, pots, more)
        assert "ash.png" not in page and f"files/{ash.pk}" not in page
    assert naming.NOT_OPEN in shown(as_charlie, here, pots, f"{record.pk}/")
    assert "open.png" in shown(as_charlie, here, pots, "new/")
    assert as_charlie.get(at(here, f"files/{ash.pk}/")).status_code == 404
    # He cannot name it either, and what it was stays when he changes something else.
    assert add(as_charlie, here, pots, str(ash.pk)).status_code == 422
    his = access(charlie, here.workspace)
    glaze, picture = fields(here, pots).values()
    with pytest.raises(flows.Wrong):
        flows.make_record(his, pots, {glaze: "Salt", picture: str(ash.pk)})
    assert flows.change_record(his, record, {glaze: "Salt", picture: str(ash.pk)}, 1)
    assert add(as_charlie, here, pots, str(open_one.pk)).status_code == 302


def test_a_file_of_another_workspace_is_no_file_here(here: Access, alice: Person, pots: Collection) -> None:
    bob = customer(BOB)
    theirs = workspace(bob, "Theirs")
    foreign = file(theirs, "theirs.png")
    assert add(browser(alice), here, pots, str(foreign.pk)).status_code == 422
    glaze, picture = fields(here, pots).values()
    with pytest.raises(flows.Wrong):
        flows.make_record(here, pots, {glaze: "Ash", picture: str(foreign.pk)})


def test_of_many_files_one_is_named_by_the_address_of_its_page(
    here: Access, alice: Person, pots: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "OFFERED", 1)
    as_alice, ash, _ = browser(alice), file(here, "ash.png"), file(here, "salt.png")
    assert "Paste the address of the file’s page" in shown(as_alice, here, pots, "new/")
    assert add(as_alice, here, pots, "ash.png").status_code == 422
    address = f"https://localhost:8443{at(here, f'files/{ash.pk}/')}"
    assert add(as_alice, here, pots, address).status_code == 302
    assert "<bdi>ash.png</bdi></a>" in shown(as_alice, here, pots)
