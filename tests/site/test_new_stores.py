"""A new store has its tables at once, and they are those that the migrations would have made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cast import durable
from tests.site import warm
from tests.site.databases import Databases
from tests.site.demo import environment

MAKE = """
import io, json, sys
from troth.config.cli import set_up
set_up()
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from troth.gate import roles
from troth.gate.keystore.routing import MIGRATED
settings.TROTH_HOME.mkdir(exist_ok=True)
from troth.config.commands.new_stores import make_tables
with roles.owning():
    for store, labels in MIGRATED.items():
        if sys.argv[1] == "at once":
            make_tables(store)
        call_command("migrate", *labels, database=store, interactive=False, verbosity=0, stdout=io.StringIO())
"""

TELL = """
def parts(text):
    "What stands between the commas of a table's own parentheses."
    inner, depth, found = text[text.index("(") + 1:text.rindex(")")], 0, [""]
    for sign in inner:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [" ".join(part.split()) for part in found]

ASKED = {
    "sqlite": ["SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"],
    "postgresql": [
        "SELECT 'column', table_name || ' ' || column_name, concat_ws(' ', data_type, is_nullable, column_default,"
        " character_maximum_length, is_identity) FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'wall', tablename, policyname || coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies",
        "SELECT 'constraint', conrelid::regclass::text, conname || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
    ],
}
told = {}
for store in MIGRATED:
    held = connections[store]
    found = told[store] = []
    with held.cursor() as cursor:
        for question in ASKED[held.vendor]:
            cursor.execute(question)
            for kind, table, text in cursor.fetchall():
                found += [[kind, table, part] for part in (parts(text) if kind == "table" else [text])]
        cursor.execute("SELECT app, name FROM django_migrations")
        found += [["migration", *row] for row in cursor.fetchall()]
        for table in held.introspection.table_names(cursor):
            if table != "django_migrations":
                cursor.execute(f'SELECT count(*) FROM "{table}"')
                found.append(["rows", table, str(cursor.fetchone()[0])])
print(json.dumps(told))
"""


def made(how: str, home: Path, settings: dict[str, str]) -> Any:
    done = warm.run(["-c", MAKE + TELL, how], environment(TROTH_HOME=str(home), **settings))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def held(told: list[list[str]]) -> list[list[str]]:
    """In order, without names that tell only the way: a table was once named another, and the groups of the library
    for accounts, which the house does not use, number their rows more narrowly in its models than in its migrations."""
    return sorted(
        [kind, table, text.replace("journal_head_", "journal_checkpoint_")]
        for kind, table, text in told
        if table != "auth_group_permissions id"
    )


@durable
def test_a_new_store_has_what_the_migrations_lead_to(tmp_path: Path, databases: Databases) -> None:
    at_once = made("at once", tmp_path / "new", databases("new"))
    by_steps = made("step by step", tmp_path / "old", databases("old"))
    for store in ("default", "keys"):
        new, old = (held(told[store]) for told in (at_once, by_steps))
        assert [row for row in new if row not in old] == [row for row in old if row not in new] == []
        assert len(new) == len(old) and ["migration", "keystore", "0001_initial"] in new
    assert len(at_once["default"]) > 1000


HALT = """
from django.db.migrations.recorder import MigrationRecorder
def halt(*_):
    import os
    os._exit(9)
MigrationRecorder.record_applied = halt
"""


@durable
def test_a_first_start_that_is_killed_has_made_no_table(tmp_path: Path, databases: Databases) -> None:
    home, settings = tmp_path / "home", databases("killed")
    lines = MAKE.replace("settings.TROTH_HOME.mkdir", HALT + "settings.TROTH_HOME.mkdir")
    killed = warm.run(["-c", lines, "at once"], environment(TROTH_HOME=str(home), **settings))
    assert killed.returncode == 9, killed.stderr
    left = made("at once", home, settings)
    assert ["migration", "keystore", "0001_initial"] in left["keys"]


def test_a_store_with_tables_is_left_to_the_migrations(tmp_path: Path) -> None:
    count = """
call_command("migrate", "journal", "0001", database="default", interactive=False, verbosity=0, stdout=io.StringIO())
make_tables("default")
print(json.dumps(connections["default"].introspection.table_names()))
"""
    begun = MAKE[: MAKE.index("with roles")] + count
    done = warm.run(["-c", begun], environment(TROTH_HOME=str(tmp_path / "older")))
    assert done.returncode == 0, done.stderr
    assert "enquiries_enquiry" not in json.loads(done.stdout)
