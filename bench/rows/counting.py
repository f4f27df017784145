"""Twelve reports of visits for staff beside SQL by hand on the raw table, and a forgotten trail beside a plain DELETE."""

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from troth.apps.navigation import collecting, numbers, trail
from troth.apps.navigation.browsers import browser_of
from troth.apps.navigation.hits import Asker, Hit
from troth.apps.traffic import looking
from troth.gate.uses import SYSTEM, using
from troth.visits.counts import rollups
from troth.visits.counts.periods import Period
from troth.visits.models import Day, Event, What

from ..method import Contender, by_turns
from ..report import Section, Target
from .visiting import AGENT

RAW, LOOK = "SQL by hand for each report, on the raw table", "a look: counts, time before, use on record"
DELETE, FORGET = "plain DELETE of as many, durable", "a trail forgotten: found by its number, on record"
DAYS = 30
SHOWN = ("pages", "entries", "exits", "referrers", "campaigns", "browsers", "systems", "devices", "languages", "links",
         "slow", "done")  # fmt: skip
BY_COLUMN = ("path", "referrer", "campaign", "browser", "system", "language")
BATCH = 500


def rows(rounds: int, events: int, length: int) -> list[Section]:
    """The reports of thirty days over so many events, and trails of a length forgotten among them."""
    today = collecting.day_before(datetime.now(UTC), 0)
    for ago in range(DAYS):
        at = today - timedelta(days=ago)
        for done in range(0, events // DAYS, BATCH):
            collecting.record([_hit(at, n) for n in range(done, done + BATCH)])
    total, counted = Event.objects.count(), time.perf_counter()
    while rollups.count_due():
        pass
    counted = time.perf_counter() - counted
    period = Period((today - timedelta(days=DAYS - 1)).date(), today.date())
    contenders = [Contender(RAW, _by_hand), Contender(LOOK, lambda: looking.look(period, SYSTEM, SHOWN))]
    found = list(by_turns(contenders, rounds).values())
    targets = [
        Target("clock, to SQL by hand", found[1].ratio(found[0]), 1 / 20),
        Target("seconds for a look", found[1].wall, 0.5),
    ]
    said = [f"counting {DAYS} days from their events took {counted:.1f} s, {counted / DAYS:.2f} s a day"]
    looked = Section(
        f"{len(SHOWN)} reports of {DAYS} days over {total:,} events", "a look", found, targets, said
    )
    return [looked, _forgetting(rounds, length, today)]


def _hit(at: datetime, n: int, number: bytes | None = None) -> Hit:
    asker = Asker(browser_of(AGENT), "en-GB", "", number or (n // 3).to_bytes(16, "big"), at)
    page = f"/guides/{'abcdefghij'[n % 10]}/"
    referrer = f"news.example/{'abcdefghij'[n % 7]}" if n % 3 == 0 else ""
    return Hit(asker, settings.TROTH_HOSTS["company"], What.VIEW, page, referrer=referrer, load_ms=300)


def _by_hand() -> None:
    """What somebody writes who has the table: one question for each report, and one for the days."""
    table = Event._meta.db_table
    views = f"{table} WHERE what = 1 AND NOT is_bot"
    ends = f"SELECT path, ROW_NUMBER() OVER (PARTITION BY alias ORDER BY at %s) AS n FROM {views}"  # noqa: S608
    top = "GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
    asked = [
        *(f"SELECT {name}, COUNT(*), COUNT(DISTINCT alias) FROM {views} AND {name} <> '' {top}" for name in BY_COLUMN),  # noqa: S608
        *(f"SELECT path, COUNT(*) FROM ({ends % way}) AS ends WHERE n = 1 {top}" for way in ("ASC", "DESC")),  # noqa: S608
        f"SELECT target, COUNT(*) FROM {table} WHERE what IN (2, 3) AND NOT is_bot {top}",  # noqa: S608
        f"SELECT done, COUNT(*) FROM {table} WHERE what = 8 AND NOT is_bot {top}",  # noqa: S608
        f"SELECT path, AVG(load_ms) FROM {views} AND load_ms IS NOT NULL {top}",  # noqa: S608
        f"SELECT owner_id, COUNT(*), COUNT(DISTINCT alias) FROM {views} GROUP BY 1",  # noqa: S608
    ]  # fmt: skip
    with connection.cursor() as cursor:
        for question in asked:
            cursor.execute(question)
            cursor.fetchall()


def _forgetting(rounds: int, length: int, today: datetime) -> Section:
    ours, plain = _trails(length, today), _trails(length, today)
    waiting: dict[str, Any] = {}

    def forget() -> None:
        trail.forget(waiting["ours"])

    def delete() -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {Event._meta.db_table} WHERE alias = %s", [waiting["plain"]])  # noqa: S608

    contenders = [
        Contender(DELETE, delete, length, before=lambda: waiting.update(plain=_alias(next(plain), today))),
        Contender(FORGET, forget, length, before=lambda: waiting.update(ours=next(ours))),
    ]
    found = list(by_turns(contenders, rounds).values())
    target = Target("clock, to the plain DELETE", found[1].ratio(found[0]), 5.0)
    return Section(f"a trail of {length:,} events forgotten", "an event", found, [target], [])


def _trails(length: int, today: datetime) -> Iterator[str]:
    """Cookies, each of a browser that did as much today."""
    while True:
        cookie = numbers.draw()
        number = numbers.number_of(cookie) or secrets.token_bytes(16)
        collecting.record([_hit(today, n, number) for n in range(length)])
        yield cookie


def _alias(cookie: str, today: datetime) -> bytes:
    number = numbers.number_of(cookie) or b""
    with using(trail.SHOWING, by=SYSTEM):
        return numbers.alias_of(str(Day.objects.get(began_at=today).secret), number)
