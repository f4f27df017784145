"""On PostgreSQL the house is served by a role that owns nothing: it can neither change a table nor pull down the wall."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from tests.apps.conftest import Secure
from tests.cast import durable, enquiry_of
from tests.site.databases import connected
from tests.workspaces.customers import CHARLIE, customer, workspace
from troth.apps.records import shape
from troth.apps.records.models import Collection
from troth.config import doctor
from troth.config.commands import preparing
from troth.config.environment import SettingError
from troth.gate import roles
from troth.gate.keystore import routing
from troth.gate.proving.answers import CONTROLS
from troth.gate.subjects import wall
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened

pytestmark = [
    durable,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no roles"),
]


def said(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


@pytest.fixture
def serving() -> Iterator[None]:
    """The data store, reached as the role that serves, with the rights that `troth init` gives."""
    roles.grant("default", "troth_app")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE troth_app")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def two() -> tuple[Access, Access]:
    """Alice's workspace and Charlie's, with a collection in each."""
    made = workspace(customer()), workspace(customer(CHARLIE))
    for each in made:
        shape.make_collection(each, "Glazes")
    return made


@pytest.mark.usefixtures("serving")
def test_it_serves_pages_and_takes_what_is_sent() -> None:
    assert Secure(SERVER_NAME="localhost").get("/privacy/").status_code == 200
    assert enquiry_of().owner_id
    assert roles.lacking("default") == ([], [])


def test_it_starts_where_all_tables_are_and_says_who_makes_the_others(
    serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "MIGRATED", {"default": ()})  # the key store of a test has no history
    preparing.migrate()
    newest = MigrationLoader(connection).graph.leaf_nodes("queries")[0]
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        MigrationRecorder(connection).record_unapplied(*newest)
        cursor.execute("SET ROLE troth_app")
    try:
        with pytest.raises(SettingError, match="run `troth init` with the owner"):
            preparing.migrate()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        MigrationRecorder(connection).record_applied(*newest)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE records_record NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE records_record DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY {wall.POLICY} ON records_record",
        "CREATE POLICY every_row ON records_record USING (true)",
        "TRUNCATE records_record CASCADE",
        "CREATE TABLE taken (sealed bytea)",
        "DELETE FROM django_migrations",
        "SET ROLE troth",
        "SELECT rolpassword FROM pg_authid",
        "ALTER ROLE troth_app BYPASSRLS",
    ],
)
@pytest.mark.usefixtures("serving")
def test_it_can_pull_nothing_down(statement: str) -> None:
    line = connected("troth_app", str(connection.settings_dict["NAME"]))
    with line, pytest.raises(psycopg.errors.InsufficientPrivilege):
        line.execute(statement)  # type: ignore[call-overload]


def test_a_hole_in_the_scope_is_stopped_for_the_role_that_serves(
    two: tuple[Access, Access], serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alices, charlies = two
    monkeypatch.setattr(Collection.objects, "get_queryset", lambda: Collection._base_manager.all())
    with opened(charlies.workspace.owner_id):
        assert {row.owner_id for row in Collection.objects.all()} == {charlies.workspace.owner_id}
        assert Collection.objects.filter(owner=alices.workspace.owner_id).update(position=9) == 0
    assert not Collection.objects.exists()
    found = CONTROLS["security.isolation"]()
    assert found.status == "broken" and "stopped by PostgreSQL" in found.evidence


def test_what_a_line_was_told_ends_with_its_transaction(two: tuple[Access, Access]) -> None:
    """Whoever gets the line next, out of a pool, finds no workspace open on it."""
    for write in (False, True):
        with opened(two[0].workspace.owner_id):
            Collection.objects.update(position=1) if write else list(Collection.objects.all())
        assert said("SELECT current_setting('app.workspace', true)") in ("", "None")
        assert said("SELECT count(*) FROM records_field") == "0"
    with opened(two[0].workspace.owner_id), pytest.raises(DatabaseError):
        Collection.objects.filter(position="1").extra(where=["1 / 0 = 1"]).exists()
    assert said("SELECT current_setting('app.workspace', true)") in ("", "None")
    with opened(two[0].workspace.owner_id):
        assert len(list(Collection.objects.iterator(chunk_size=1))) == 1


def test_the_doctor_names_a_role_that_is_more_than_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [finding for finding in doctor.examine() if "serves the `default`" in finding.what]
    assert len(told) == 1 and told[0].is_well and "owns" in told[0].what
    monkeypatch.setattr(roles, "OWN_POWERS", "SELECT true, true, false")
    told = [finding.what for finding in doctor.examine() if not finding.is_well]
    assert any("is a superuser" in what for what in told) and any("has BYPASSRLS" in what for what in told)


def test_a_role_that_serves_and_still_owns_the_tables_is_refused(settings: Any) -> None:
    """Two roles are named, and the tables are not the owner's: as after an upgrade from one role."""
    own = connections["default"].settings_dict
    settings.TROTH_OWNERS = {"default": {**own, "USER": "troth_keys"}}
    with pytest.raises(ImproperlyConfigured, match="REASSIGN OWNED"), roles.owning():
        pass
    assert own["USER"] == "troth" and said("SELECT current_user") == "troth"
