"""Visits told to the fast door, from a body to durable rows: through the gate, beside an insert of the same columns."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from troth.apps.navigation import collecting, numbers, wire
from troth.apps.navigation.browsers import browser_of
from troth.apps.navigation.hits import Asker, Hit
from troth.gate.ids import uuid7
from troth.visits.models import Event

from ..method import Contender, by_turns
from ..report import Section, Target

PLAIN, OURS = "plain insert of the same columns, durable", "through the gate: aliases, hashes, seal, entry"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TABLE = "bench_plain_visit"
BOUND = 5.0
"""A fifth of the peer's: what is wanted of the door beside a server that does nothing."""


def rows(rounds: int, sizes: tuple[int, ...]) -> list[Section]:
    """Batches of several sizes, each in one durable transaction."""
    host = settings.TROTH_HOSTS["company"]
    _make_table()
    sections = []
    for size in sizes:
        bodies = _bodies(host)
        contenders = [
            Contender(PLAIN, _plain(bodies, size), size),
            Contender(OURS, _ours(bodies, size), size),
        ]
        found = list(by_turns(contenders, rounds).values())
        target = Target("clock, to the plain insert", found[1].ratio(found[0]), BOUND)
        notes = [f"{1 / each.wall:,.0f} hits a second: {each.name}" for each in found]
        sections.append(Section(f"visits, batches of {size}", "a hit", found, [target], notes))
    return sections


def _bodies(host: str) -> Callable[[], bytes]:
    """Bodies as a program made for Plausible sends them, for page after page."""
    numbered = count()

    def body() -> bytes:
        page = f"https://{host}/guides/{'abcdefghij'[next(numbered) % 10]}/?utm_source=letter"
        return json.dumps({"n": "pageview", "u": page, "d": host, "r": "https://news.example/a"}).encode()

    return body


def _told(body: bytes) -> list[Hit]:
    number = numbers.number_of(numbers.draw())
    asker = Asker(browser_of(AGENT), "en-GB", "192.0.2.7", number, datetime.now(UTC).replace(microsecond=0))
    return collecting.admit(wire.plausible(body, asker)).hits


def _ours(body: Callable[[], bytes], size: int) -> Callable[[], None]:
    return lambda: collecting.record([hit for _ in range(size) for hit in _told(body())])


def _plain(body: Callable[[], bytes], size: int) -> Callable[[], None]:
    """What a counter writes that neither asks nor records: the body as it came, into the same columns."""
    names = [field.column for field in Event._meta.concrete_fields]
    marks = ", ".join(["%s"] * len(names))
    asked = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own table

    def row(event: dict[str, Any]) -> list[Any]:
        told = {"id": uuid7().hex, "site": event["d"], "path": event["u"], "referrer": event["r"], "what": 1,
                "at": datetime.now(UTC).isoformat()}  # fmt: skip
        return [told.get(name, "") for name in names]

    def insert() -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.executemany(asked, [row(json.loads(body())) for _ in range(size)])

    return insert


def _make_table() -> None:
    """The table of events once more, without keys to others, and with the same indexes."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TABLE} AS SELECT * FROM {Event._meta.db_table} WHERE 0 = 1")  # noqa: S608
        for column in ("id", "owner_id", "at", "alias", "site, at"):
            cursor.execute(f"CREATE INDEX plain_{column.replace(', ', '_')} ON {TABLE} ({column})")
