"""`troth prove` against the running demo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.site.databases import is_beside_postgres, line_to
from tests.site.demo import Demo

KEPT = {
    "scope.services", "collect.billing", "use.billing", "share.processor", "public.referral",
    "public.showcase", "public.posts", "share.providers", "share.quality", "share.legal", "share.joint-offers",
    "transfer.global", "collect.navigation", "use.operate", "use.personalise", "navigation.anonymous",
    "scope.sites", "collect.contact", "use.requested", "share.no-promotion", "rights.update", "rights.ninety-days",
    "hosting.submit", "hosting.no-review", "hosting.access", "security.isolation", "security.same",
    "security.measures", "security.tls", "security.credentials", "security.sessions", "security.settings",
    "security.environment",
}  # fmt: skip


def proofs(demo: Demo) -> tuple[int, dict[str, str]]:
    """The exit code, and the state of each clause."""
    done = demo.run("prove", "--json")
    assert not done.stderr, done.stderr
    told = json.loads(done.stdout)
    assert set(told["clauses"][0]) == {"id", "status", "figure", "evidence", "checked_at"}
    return done.returncode, {clause["id"]: clause["status"] for clause in told["clauses"]}


@contextmanager
def planted_in_clear(demo: Demo) -> Iterator[None]:
    """An address in a sealed column, put there past the house, and taken away again."""
    mark = "%s" if is_beside_postgres() else "?"
    with line_to(demo.home, demo.settings) as database:
        pk, sealed = database.execute("SELECT id, sealed FROM enquiries_enquiry LIMIT 1").fetchone()
        for value in (b"planted@plain.example", sealed):
            asked = f"UPDATE enquiries_enquiry SET sealed = {mark} WHERE id = {mark}"  # noqa: S608 - our own
            database.execute(asked, (value, pk))
            database.commit()
            if value != sealed:
                yield


def test_each_of_the_33_clauses_is_kept(demo: Demo) -> None:
    code, states = proofs(demo)
    assert code == 0 and len(states) == 33 and set(states) == KEPT
    assert {clause: state for clause, state in states.items() if state != "kept"} == {}


def test_an_address_in_clear_breaks_one_clause_and_the_exit_code(demo: Demo) -> None:
    with planted_in_clear(demo):
        code, states = proofs(demo)
    assert code == 1
    assert {clause for clause, state in states.items() if state == "broken"} == {"security.measures"}
    assert proofs(demo)[0] == 0


def test_one_clause_can_be_asked_for_and_an_unknown_one_is_named(demo: Demo) -> None:
    one = demo.run("prove", "--clause", "security.tls")
    assert one.returncode == 0 and one.stdout.startswith("security.tls  kept")
    none = demo.run("prove", "--clause", "security.tsl")
    assert none.returncode == 2 and "security.tsl" in none.stderr and len(none.stderr.splitlines()) == 1


def test_a_server_that_is_down_leaves_the_clauses_about_it_unproven(demo: Demo) -> None:
    nobody_there = demo.port - 1
    more = Demo(demo.home, nobody_there, demo.settings).run("prove", "--json")
    states = {clause["id"]: clause["status"] for clause in json.loads(more.stdout)["clauses"]}
    assert (states["scope.sites"], states["security.tls"]) == ("unproven", "unproven")
    assert proofs(demo)[0] == 0
