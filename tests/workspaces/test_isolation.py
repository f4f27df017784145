"""The probe: over every model, verb, page and role, somebody tries to cross into a workspace that is not theirs."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.cast import durable, enquiry_of, staff
from tests.workspaces.customers import CHARLIE, access, browser, colleague, customer, workspace
from troth.accounts.people.models import Person
from troth.apps.api import keys
from troth.apps.api.models import Replay
from troth.apps.enquiries.models import Call
from troth.apps.files import flows as files
from troth.apps.files import sending
from troth.apps.files.models import CATEGORY as FILE
from troth.apps.queries import flows as queries
from troth.apps.queries.models import Answer
from troth.apps.records import flows, importing, shape
from troth.apps.records.models import Collection, Field, Record, Refusal
from troth.apps.records.shape import Draft
from troth.gate.files.stored import Writing
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import wall
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import HostedModel, OutsideWorkspace, hosted_models, opened
from troth.workspaces.models import Grant, Right, Role

pytestmark = durable
SECRET = "Zinnwaldite glaze"


def filled(here: Access, word: str) -> Access:
    """A workspace with something of everything, also of what belongs into the Company's own alone."""
    about = enquiry_of()
    with enter(here, writes=True):
        Call(enquiry=about, about_id=about.owner_id, outcome="reached").save(force_insert=True)
    other = shape.make_collection(here, f"{word} firings")
    made = shape.make_collection(
        here, word, (Draft(word, finding="unique"), Draft(f"{word} at", "reference", target=other.pk))
    )
    with enter(here):
        field = Field.objects.filter(collection=made).first()
    row = flows.make_record(here, made, {field.pk: word})
    flows.change_record(here, row, {field.pk: f"{word}, second"}, 1)
    asked = queries.ask(here, f"SELECT '{word}'", {}, query=queries.keep_query(here, word, "SELECT 1").pk)
    with enter(here, writes=True):
        answer = Answer(run=asked)
        answer.lines = word
        answer.save()
    folder = files.make_folder(here, None, word).pk
    with enter(here, writes=True):
        writing = Writing(here.workspace.owner_id, word, "", FILE)
    writing.write(word.encode())
    files.keep(here, folder, word, writing.close(), "text/plain")
    sending.begin(here, folder, word, 5, mark=word)
    imported = importing.begin(here, made, f"{word}.csv", f"{word}\nThird\n".encode())
    with enter(here, writes=True):
        refusal = Refusal(of=imported, position=0)
        refusal.content = f'[[2, [], ["{word}"]]]'
        refusal.save(force_insert=True)
    assert keys.make_key(here, word, Right.EDIT, None, timezone.now() + timedelta(days=9))
    with enter(here, writes=True):
        replay = Replay(person_id=here.person, mark=word.encode(), print=word.encode())
        replay.answer = word
        replay.save(force_insert=True)
    return here


@pytest.fixture
def alices() -> Access:
    return filled(workspace(customer(), name=SECRET), SECRET)


@pytest.fixture
def charlies() -> Access:
    return filled(workspace(customer(CHARLIE), name="Ours"), "Ours")


def everything(of: Access) -> dict[str, list[Any]]:
    """All that lies in a workspace, as stored."""
    return {model._meta.label: list(model.every.filter(owner=of.workspace.owner_id).order_by("pk").values())
            for model in hosted_models()}  # fmt: skip


def theirs(model: type[HostedModel], of: Access) -> Any:
    found = model.every.filter(owner=of.workspace.owner_id).first()
    assert found is not None, f"the probe has no {model._meta.verbose_name} to reach for"
    return found


def reaching(model: type[HostedModel], row: Any) -> Iterator[Any]:
    """What each verb of the ORM gets of a row, by its id."""
    mine = model.objects.filter(pk=row.pk)
    yield mine.exists()
    yield mine.count()
    yield list(mine)
    yield list(model.objects.exclude(pk=None).filter(owner=row.owner_id))
    yield mine.update(owner=row.owner_id)
    yield mine.delete()[0]
    yield model.objects.in_bulk([row.pk])


@pytest.mark.parametrize("model", hosted_models(), ids=lambda model: model._meta.label)
def test_no_verb_reaches_a_row_of_another_workspace(
    model: type[HostedModel], alices: Access, charlies: Access
) -> None:
    before, row = everything(alices), theirs(model, alices)
    with opened(charlies.workspace.owner_id):
        assert not any(reaching(model, row))
        for attempt in (row.save, row.delete, lambda: model.objects.bulk_create([row])):
            with pytest.raises(OutsideWorkspace):
                attempt()
    with pytest.raises(OutsideWorkspace):
        model.objects.filter(pk=row.pk).exists()
    assert everything(alices) == before


def test_no_row_is_hung_on_one_of_another_workspace(alices: Access, charlies: Access) -> None:
    with enter(charlies, writes=True):
        for model in hosted_models():
            own = model.objects.first()
            for field in model._meta.concrete_fields:
                kind = field.related_model
                if isinstance(kind, type) and issubclass(kind, HostedModel):
                    setattr(own, field.attname, theirs(kind, alices).pk)
                    with pytest.raises(OutsideWorkspace):
                        own.save()
                    own.refresh_from_db()


# -- pages


def pages(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    """Every page that lies in a workspace."""
    for each in (resolver or get_resolver("troth.config.urls")).url_patterns:
        if isinstance(each, URLResolver):
            yield from pages(each)
        elif "workspace" in each.pattern.converters:
            yield each


PAGES = [(str(page.name), page.pattern.converters) for page in pages()]


def addresses(here: UUID, ids: list[UUID]) -> Iterator[str]:
    """Each page of a workspace with each of some ids in each place for one."""
    for name, parameters in PAGES:
        numbers = {each: 1 for each, converter in parameters.items() if isinstance(converter, IntConverter)}
        others = [parameter for parameter in parameters if parameter not in ("workspace", *numbers)]
        for chosen in product(ids, repeat=min(len(others), 1)):
            kwargs = {"workspace": here, **numbers, **dict.fromkeys(others, *chosen or [ids[0]])}
            try:
                yield reverse(name, "troth.config.urls", kwargs=kwargs)
            except NoReverseMatch:  # a place for something else than an id
                yield reverse(name, "troth.config.urls", kwargs={**kwargs, **dict.fromkeys(others, "1")})


def answers(client: Client, paths: Iterator[str]) -> Iterator[tuple[str, Any]]:
    for path in paths:
        yield path, client.get(path)
        yield path, client.post(path, {})


def test_no_page_of_a_workspace_opens_to_a_stranger(alices: Access, charlies: Access, settings: Any) -> None:
    """Charlie, Dana and Victor; 404 or the way to sign in, and nothing changed."""
    settings.TROTH_SECOND_FACTOR = False  # as if Dana had shown hers
    before = everything(alices)
    ids = [theirs(Collection, alices).pk]
    dana, victor = Secure(SERVER_NAME="localhost"), Secure(SERVER_NAME="localhost")
    dana.force_login(staff("support").user)
    charlie = Secure(SERVER_NAME="localhost")
    charlie.force_login(_person(charlies).user)
    for client, allowed in ((charlie, {404, 405}), (dana, {404, 405}), (victor, {302, 405})):
        for path, answer in answers(client, addresses(alices.workspace.owner_id, ids)):
            assert answer.status_code in allowed, (path, answer.status_code)
            assert SECRET.encode() not in answer.content
            assert answer.status_code != 302 or "/accounts/login/" in answer["Location"]
    assert everything(alices) == before


def _person(of: Access) -> Person:
    return Person.objects.get(owner=of.person)


def test_no_id_of_another_workspace_opens_from_ones_own(alices: Access, charlies: Access) -> None:
    """Charlie, in his own workspace, with the ids of everything that Alice has."""
    before = everything(alices)
    ids = [theirs(model, alices).pk for model in hosted_models()]
    charlie = browser(_person(charlies), confirmed=True)
    for path, answer in answers(charlie, addresses(charlies.workspace.owner_id, ids)):
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert answer.status_code < 500, (path, answer.status_code)
        assert SECRET.encode() not in content, path
    assert everything(alices) == before


def test_a_viewer_changes_nothing_by_any_page(alices: Access) -> None:
    bob = colleague(_person(alices))
    letting_in.seat(alices, bob.owner_id, Role.VIEWER)
    before, seats = everything(alices), Grant.objects.count()
    client = browser(bob, confirmed=True)
    ids = [theirs(model, alices).pk for model in (Collection, Field, Record)]
    for path in addresses(alices.workspace.owner_id, ids):
        if not path.endswith(f"/{bob.owner_id}/remove/"):
            assert client.post(path, {"name": "x", "confirm": "on"}).status_code < 500, path
    assert everything(alices) == before and Grant.objects.count() == seats
    assert access(bob, alices.workspace)


# -- the controls


def test_the_controls_say_kept_and_how_much_was_tried(alices: Access, charlies: Access) -> None:
    assert CONTROLS["hosting.submit"]().status == "kept"
    crossing = CONTROLS["security.isolation"]()
    assert crossing.status == "kept" and not crossing.figure.startswith("0 ")


def has_two_walls() -> bool:
    return connection.vendor == "postgresql"


def test_a_hole_in_the_scope_turns_isolation_broken_and_is_said_to_be_stopped(
    alices: Access, charlies: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = theirs(Record, alices)
    monkeypatch.setattr(Record.objects, "get_queryset", lambda: Record._base_manager.all())
    with opened(charlies.workspace.owner_id):
        assert Record.objects.filter(pk=row.pk).exists() is not has_two_walls()
    found = CONTROLS["security.isolation"]()
    assert found.status == "broken" and ("stopped by PostgreSQL" in found.evidence) is has_two_walls()


def test_the_database_shows_one_workspace_and_takes_rows_of_no_other(
    alices: Access, charlies: Access
) -> None:
    if not has_two_walls():
        pytest.skip("SQLite has no wall of its own")
    assert wall.missing() == [] and set(wall.tables()) == {model._meta.db_table for model in hosted_models()}
    for model in hosted_models():
        row, unscoped = theirs(model, alices), model._base_manager
        assert not unscoped.exists()
        with opened(charlies.workspace.owner_id):
            assert set(unscoped.values_list("owner_id", flat=True)) == {charlies.workspace.owner_id}
            assert unscoped.filter(pk=row.pk).update(owner=charlies.workspace.owner_id) == 0
            assert unscoped.filter(pk=row.pk).delete()[0] == 0
    with opened(charlies.workspace.owner_id), pytest.raises(DatabaseError):
        Collection._base_manager.bulk_create([Collection(owner_id=alices.workspace.owner_id)])
    with opened(charlies.workspace.owner_id), pytest.raises(DatabaseError):
        Record._base_manager.update(owner=alices.workspace.owner_id)


def test_a_row_hung_across_turns_hosting_broken(alices: Access, charlies: Access) -> None:
    Record.every.filter(owner=charlies.workspace.owner_id).update(collection=theirs(Collection, alices))
    found = CONTROLS["hosting.submit"]()
    assert found.status == "broken" and "collection" in found.evidence


def test_a_grant_past_its_end_turns_isolation_broken(alices: Access, charlies: Access) -> None:
    Grant(owner_id=alices.workspace.owner_id, to_id=charlies.person, right="view",
          ends_at=timezone.now() - timedelta(hours=4)).save(force_insert=True)  # fmt: skip
    assert CONTROLS["security.isolation"]().status == "broken"
