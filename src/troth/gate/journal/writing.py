"""Entries: built, and made durable with as few fsyncs as callers allow.

INVARIANT: no personal data leaves the process before the entry that names the use is durable.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from troth.engine.ledger import Json, Kind, build_entry, canonical
from troth.engine.seal import Cipher, contexts

from ..keystore.keys import deployment


@cache
def _places(install: UUID) -> Callable[[UUID | None, UUID, UUID], bytes]:
    return contexts(install, "ledger.share")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an entry says about itself in clear; `top` is the purpose's top node, the only one the leaf names."""

    kind: Kind
    purpose: str
    top: str
    clauses: tuple[str, ...]
    recipient: str
    version: str
    country: str = ""


Once = tuple[str, str, str, str]
"""What the statement permits once: (subject in hex, action, purpose, recipient)."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry ready to be inserted: the parameters of one INSERT, and of one for each subject's share.

    `spent` is counted with it: an act that rolls back takes its count along, and the use on record still happened.
    Before `untold` it is shown to none of its subjects.
    """

    id: str
    entry: tuple[object, ...]
    shares: list[tuple[str, str, bytes]]
    spent: tuple["Once", ...] = ()
    untold: datetime | None = None


def new_id() -> str:
    """An entry id: random, since a time in it would be finer than the hour the public leaf tells."""
    return os.urandom(16).hex()


@lru_cache(maxsize=4)
def _moment(second: int) -> tuple[datetime, str, int]:
    """A Unix second as an entry keeps it: as a time, as text, and as the hour of its leaf."""
    moment = datetime.fromtimestamp(second, UTC)
    return moment, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), second // 3600


def build(
    entry: str, facts: Facts, details: Sequence[tuple[str, Cipher, Mapping[str, Json]]], version: bytes
) -> Row:
    """Commit to each subject's detail and seal it under that subject's key.  An entry may touch no subject."""
    now, text_of_now, hour = _moment(int(time.time()))
    common = {
        "entry": entry,
        "at": text_of_now,
        "purpose": facts.purpose,
        "role": facts.recipient,
    }
    texts = _texts(common, [detail for _, _, detail in details])
    built = build_entry(
        kind=facts.kind, policy=version, purpose=facts.top, recipient=facts.recipient,
        hour=hour, details=texts,
    )  # fmt: skip
    shares, place, row_id = [], _places(deployment()), UUID(entry)
    for (subject, cipher, _), text, part in zip(details, texts, built.parts, strict=False):
        shares.append((entry, subject, cipher.seal(part.salt + text, place(None, UUID(subject), row_id))))
    row = (
        entry, built.leaf, built.commitments, int(facts.kind), facts.purpose, " ".join(facts.clauses),
        facts.recipient, facts.country, facts.version, len(shares), now,
    )  # fmt: skip
    return Row(entry, row, shares)


def _texts(common: Mapping[str, Json], details: Sequence[Mapping[str, Json]]) -> list[bytes]:
    """The canonical details; those of a list are mostly equal, and then are spelled once."""
    spelled: dict[str, bytes] = {}
    texts = []
    for detail in details or [{}]:
        key = repr(detail)
        if key not in spelled:
            spelled[key] = canonical({**common, **detail})
        texts.append(spelled[key])
    return texts


def open_share(cipher: Cipher, subject: str, entry: str, sealed: bytes) -> tuple[bytes, bytes]:
    """The salt (32 bytes) and canonical detail of a subject's share.  Raises SealBroken."""
    opened = cipher.open(sealed, _places(deployment())(None, UUID(subject), UUID(entry)))
    return opened[:32], opened[32:]


def seal_share(cipher: Cipher, subject: str, entry: str, content: bytes) -> bytes:
    """The share of an entry (salt and canonical detail) for a subject it now belongs to."""
    return cipher.seal(content, _places(deployment())(None, UUID(subject), UUID(entry)))


def insert(rows: Sequence[Row]) -> None:
    """Insert entries in the transaction that is open, or in one of their own."""
    times: set[Any] = {row.entry[-1] for row in rows}
    adapted = {at: connection.ops.adapt_datetimefield_value(at) for at in times}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO journal_entry (id, leaf, commitments, kind, purpose, clauses, recipient, country, version,"
            " subjects, at) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)",
            [(*row.entry[:-1], adapted[row.entry[-1]]) for row in rows],  # type: ignore[arg-type]
        )
        shares = [share for row in rows for share in row.shares]
        if shares:
            cursor.executemany("INSERT INTO journal_share (entry, subject, sealed) VALUES (%s,%s,%s)", shares)
        if spent := [once for row in rows for once in row.spent]:
            cursor.executemany(_SPEND, spent)
        if untold := [(row.id, row.untold) for row in rows if row.untold is not None]:
            cursor.executemany(
                "INSERT INTO journal_untold (entry, until) VALUES (%s,%s)",
                [(entry, connection.ops.adapt_datetimefield_value(until)) for entry, until in untold],
            )


_SPEND = "INSERT INTO journal_spent (subject, action, purpose, recipient) VALUES (%s,%s,%s,%s) ON CONFLICT DO NOTHING"


def spend(once: Once) -> bool:
    """Count what is permitted once, in the transaction that is open or in one of its own; False for a second time.

    Of two who ask at the same time the store lets one through.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, once)
        return bool(cursor.rowcount == 1)


def move_spent(subject: str, into: str) -> None:
    """What one subject's data was put to counts for the other from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_spent (subject, action, purpose, recipient)"
            " SELECT %s, action, purpose, recipient FROM journal_spent WHERE subject = %s ON CONFLICT DO NOTHING",
            [into, subject],
        )


class GroupCommitter:
    """Many callers, one fsync: whoever holds the door writes for everybody who waits at it."""

    def __init__(self) -> None:
        self._queue: list[_Ticket] = []
        self._queued = threading.Lock()
        self._door = threading.Lock()

    def commit(self, row: Row) -> None:
        """Return when the entry is durable.  Raises DatabaseError when it could not be made so."""
        if connection.in_atomic_block:
            # Only an act may hold an entry; Django refuses `durable` within any other transaction.
            with transaction.atomic(durable=True):
                insert([row])
            return
        ticket = _Ticket(row)
        with self._queued:
            self._queue.append(ticket)
        with self._door:
            if not ticket.done:
                self._write_all()
        if ticket.error:
            raise ticket.error

    def _write_all(self) -> None:
        with self._queued:
            batch, self._queue = self._queue, []
        error: BaseException | None = None
        try:
            with transaction.atomic(durable=True):
                insert([ticket.row for ticket in batch])
        except BaseException as failure:  # noqa: BLE001 - handed to every caller whose entry was in the batch
            error = failure
        for ticket in batch:
            ticket.error, ticket.done = error, True


class _Ticket:
    __slots__ = ("done", "error", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.done = False
        self.error: BaseException | None = None


committer = GroupCommitter()
