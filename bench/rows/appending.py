"""Appending to the ledger in durable groups, beside plain SQLite inserts and pymerkle's own SQLite tree."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from troth.engine.ledger import Kind
from troth.gate.journal import integrating, writing
from troth.gate.keystore import keys
from troth.gate.published import statement

from ..method import Contender, by_turns
from ..report import Section, Target
from .people import PURPOSE, subjects
from .pymerkle import Pymerkle

GROUP = 100
PLAIN, APPEND, ALONE = "plain SQLite insert, groups of 100", "ledger, groups of 100", "ledger, one by one"
ONE_PLAIN, INTEGRATE = (
    "plain SQLite insert, one by one",
    "ledger, groups of 100, and integrated: tiles, signed head",
)
INSERT = "INSERT INTO peers_auditrow (at, actor, role, purpose, detail) VALUES (%s,%s,%s,%s,%s)"


def rows(rounds: int, home: Path) -> list[Section]:
    """Groups first, then one entry to a commit; pymerkle where its interpreter is named."""
    interpreter = os.environ.get("PYMERKLE_PYTHON")
    with Pymerkle(interpreter, home / "pymerkle") as peer:
        found = by_turns([*_contenders(), *peer.contenders(GROUP)], rounds)
    rate = 1 / found[APPEND].wall
    targets = [
        Target("entries a second by the clock", rate, 10_000, at_most=False, form=",.0f"),
        Target("clock, ledger to plain", found[APPEND].ratio(found[PLAIN]), 3),
    ]
    targets += [
        Target(f"clock, {name} to the ledger in groups", found[name].ratio(found[APPEND]), 50, at_most=False)
        for name in peer.names
    ]
    return [Section("Ledger append, durable", "an entry", list(found.values()), targets, _notes(peer))]


def _notes(peer: Pymerkle) -> list[str]:
    if not peer.names:
        return ["pymerkle was not measured: name its interpreter in PYMERKLE_PYTHON"]
    return [
        f"pymerkle {peer.version}, SQLite {peer.sqlite}: stores leaf hashes only, no inner nodes, no signed head",
        "`append_entry` syncs each entry; `append_entries` inserts a whole list in one transaction",
    ]


def _contenders() -> list[Contender]:
    ciphers = keys.ciphers([subject.pk.hex for subject in subjects(GROUP)])
    policy = bytes.fromhex(statement.current().version)
    top = statement.current().purposes[PURPOSE].top
    facts = writing.Facts(Kind.USE, PURPOSE, top, ("use.requested",), "sales", statement.under(), "CZ")
    used = {"contact.name": "use.requested", "contact.email": "use.requested"}
    detail = {"used": used, "collected": {}, "country": "CZ"}

    def built() -> list[writing.Row]:
        return [writing.build(writing.new_id(), facts, [(s, c, detail)], policy) for s, c in ciphers.items()]

    def append() -> None:
        made = built()
        with transaction.atomic(durable=True):
            writing.insert(made)

    def append_and_integrate() -> None:
        append()
        integrating.integrate()

    (first, cipher), *_ = ciphers.items()

    def alone() -> None:
        writing.committer.commit(writing.build(writing.new_id(), facts, [(first, cipher, detail)], policy))

    text = json.dumps(detail)
    plain = _plain(list(ciphers), text)
    return [
        Contender(PLAIN, plain, GROUP), Contender(APPEND, append, GROUP),
        # What the others left waiting is integrated first, untimed, so that each sample grows the log by one group.
        Contender(INTEGRATE, append_and_integrate, GROUP, before=integrating.integrate),
        Contender(ONE_PLAIN, _plain([first], text)), Contender(ALONE, alone),
    ]  # fmt: skip


def _plain(actors: list[str], detail: str) -> Callable[[], None]:
    def insert() -> None:
        rows = [
            (connection.ops.adapt_datetimefield_value(datetime.now(UTC)), actor, "sales", PURPOSE, detail)
            for actor in actors
        ]
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.executemany(INSERT, rows)

    return insert
