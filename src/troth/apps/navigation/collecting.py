"""From what was told to durable rows: many hits, one transaction, one entry of the ledger (spec/visit-batch.md).

INVARIANT: nobody is told that a hit was taken before its batch is durable.  The gate decides on each kind of data at
the place `browsing`; what the statement in force does not collect there is left out before, and named.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from troth.engine.ledger import fold, leaf_hash
from troth.engine.policy import Policy
from troth.gate.ids import uuid7
from troth.gate.published import statement
from troth.gate.registry import built_at
from troth.gate.subjects import bulk
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using
from troth.visits.changes import changed
from troth.visits.models import AddressBook, Batch, Day, Event, What
from troth.visits.reading import CATEGORY, PURPOSE

from .hits import Hit, Told
from .numbers import alias_of

PLACE = "browsing"
built_at(PLACE, f"{__name__}:record")

MOST_ADDRESSES = 50_000
"""Addresses that one day's list holds."""

NAMES = ("id", "site", "what", "is_bot", "at", "path", "referrer", "target", "done", "campaign", "browser", "system",
         "language", "load_ms", "read_ms", "alias", "country", "error")  # fmt: skip
"""The columns of an event in the order in which its hash is taken over them; stored for long, so never changed."""
COUNTRY = NAMES.index("country")

SAYS = {"done": (What.OTHER,), "target": (What.LINK, What.DOWNLOAD)}


class Uncollected(Exception):
    """The statement in force does not collect what was sent."""


def allowed() -> frozenset[str]:
    """The fields of an event that the statement collects as people move about our pages."""
    return _allowed(statement.current())


@lru_cache(maxsize=4)
def _allowed(policy: Policy) -> frozenset[str]:
    collected = {item.category for item in policy.collects(PLACE)}
    return frozenset(name for name, category in CATEGORY.items() if category in collected)


def admit(told: Told) -> Told:
    """What was told without what the statement does not collect.  Raises Uncollected when pages viewed are not."""
    left_out = CATEGORY.keys() - allowed()
    if not left_out:
        return told
    if {"path", "at"} & left_out:
        raise Uncollected
    for hit in told.hits:
        for name in left_out & {"referrer", "target", "done", "campaign", "load_ms", "read_ms", "error"}:
            if getattr(hit, name):
                setattr(hit, name, "" if isinstance(getattr(hit, name), str) and name != "error" else None)
                told.dropped.add(name)
    return told


def record(hits: list[Hit]) -> None:
    """Make hits durable, with one entry for each day among them.  Raises Refused, Uncollected, DatabaseError."""
    fields = allowed()
    if "path" not in fields or "at" not in fields:
        raise Uncollected
    for day, of_day in groupby(hits, lambda hit: _midnight(hit.asker.at)):
        told = list(of_day)
        try:
            _record_day(day, told, fields)
        except IntegrityError:  # another process began the day in the same moment
            _record_day(day, told, fields)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _record_day(began_at: datetime, hits: list[Hit], fields: frozenset[str]) -> None:
    with using(PURPOSE, by=SYSTEM, at=PLACE) as use, act():
        day = day_of(began_at, has_secret="alias" in fields)
        secret, batch = (day.secret or "") if "alias" in fields else "", uuid7()
        rows = [_row(hit, secret, fields) for hit in hits]
        hashes = b"".join(leaf_hash(spelled(row)) for row in rows)
        for name in _given(rows):
            use.take(day.owner_id.hex, CATEGORY[name])
        entry = use.batch(day.owner_id.hex, len(rows), fold(hashes))
        bulk.insert(Batch, day.owner_id, {}, ("id", "entry", "hashes"), [(batch, entry, hashes)])
        # Where no page reported an error, nothing is sealed, and the statement need not collect any.
        kept = len(NAMES) if any(row[-1] for row in rows) else len(NAMES) - 1
        bulk.insert(Event, day.owner_id, {"batch": batch}, NAMES[:kept], [row[:kept] for row in rows])
        if began_at < day_before(datetime.now(UTC), 0):
            changed([began_at.date()])


def day_of(began_at: datetime, *, has_secret: bool) -> Day:
    """The day, begun with its first hit; inside the use that reads its secret."""
    day: Day | None = Day.objects.filter(began_at=began_at).first()
    if day is None:
        day = Day(owner=DataSubject.begin(Kind.PERIOD), began_at=began_at)
        if has_secret:
            day.secret = secrets.token_hex(32)
        day.save(force_insert=True)
    return day


def _row(hit: Hit, secret: str, fields: frozenset[str]) -> tuple[Any, ...]:
    asker, browser = hit.asker, hit.asker.browser
    number = asker.number if secret else None
    return (
        uuid7(), hit.site, int(hit.what), browser.is_bot, asker.at, hit.path, hit.referrer, hit.target, hit.done,
        hit.campaign, browser.browser if "browser" in fields else "", browser.system if "system" in fields else "",
        asker.language if "language" in fields else "", hit.load_ms, hit.read_ms,
        alias_of(secret, number) if number is not None else None, asker.country if "country" in fields else "",
        hit.error,
    )  # fmt: skip


def _given(rows: list[tuple[Any, ...]]) -> list[str]:
    """The columns in which any of the rows says something."""
    columns = sorted((name, at) for at, name in enumerate(NAMES) if name in CATEGORY)
    return [name for name, at in columns if any(row[at] not in (None, "") for row in rows)]


def spelled(row: Sequence[Any]) -> bytes:
    """An event as its hash is taken over it: a JSON list of its columns, without a country where none is known.

    The random id hides what it says.
    """
    return _SPELLING.encode(row if row[COUNTRY] else [*row[:COUNTRY], *row[COUNTRY + 1 :]]).encode()


def _plain(value: Any) -> str:
    """What JSON has no words for: an id, bytes, a time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.hex if isinstance(value, UUID) else bytes(value).hex()


_SPELLING = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def keep_addresses(began_at: datetime, addresses: set[str]) -> None:
    """Put Internet addresses on their day's list.  It is kept apart, sorted, and never beside a number of a cookie."""
    if "navigation.ip-address" not in {item.category for item in statement.current().collects(PLACE)}:
        return
    with using(PURPOSE, by=SYSTEM, at=PLACE), act():
        book: AddressBook | None = AddressBook.objects.select_for_update().filter(began_at=began_at).first()
        known = set(book.addresses.split()) if book else set[str]()
        if addresses <= known or len(known) >= MOST_ADDRESSES:
            return
        if book is None:
            book = AddressBook(owner=DataSubject.begin(Kind.PERIOD), began_at=began_at)
        book.addresses = "\n".join(sorted(known | addresses)[:MOST_ADDRESSES])
        book.save()


def day_before(moment: datetime, days: int) -> datetime:
    """The midnight with which the day so many days earlier began."""
    return _midnight(moment) - timedelta(days=days)
