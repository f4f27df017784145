"""Whether an address was invited before, among a million: keyed hashes of mailboxes beside addresses in clear."""

import os
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count

from django.db import connection, transaction

from troth.apps.referrals.models import Mark
from troth.apps.referrals.sending import claim_mark
from troth.gate.subjects.index import mailbox_index

from ..method import Contender, by_turns
from ..peers.models import PlainInvited
from ..report import Section, Target

PLAIN, OURS = "plain unique index on the address", "keyed hash of the mailbox, unique"
CHUNK = 20_000
BOUND = 1.5


def rows(rounds: int, size: int) -> list[Section]:
    """A claim of an address that is new, and of one that has a mark."""
    _fill(size)
    known, new = f"{size:,} marks, an address that has one", f"{size:,} marks, a new address, durable"
    sections = []
    for title, addresses in ((known, _known(size)), (new, _new())):
        found = list(by_turns(_contenders(addresses), rounds).values())
        target = Target("clock, to the plain index", found[1].ratio(found[0]), BOUND)
        sections.append(Section(title, "an address", found, [target]))
    return sections


def _address(number: int) -> str:
    return f"frieda.{number}@friends{number % 997}.example"


def _known(size: int) -> Callable[[], Iterator[str]]:
    return lambda: (_address(step * 7919 % min(size, CHUNK)) for step in count())


def _new() -> Callable[[], Iterator[str]]:
    return lambda: (f"{uuid.uuid4().hex}@new.example" for _ in count())


def _contenders(addresses: Callable[[], Iterator[str]]) -> list[Contender]:
    plain_ones, ours_ones = addresses(), addresses()

    def plain() -> None:
        row = PlainInvited(address=next(plain_ones).lower())
        with transaction.atomic(durable=True):
            PlainInvited.objects.bulk_create([row], ignore_conflicts=True)
            PlainInvited.objects.filter(pk=row.pk).exists()

    def ours() -> None:
        with transaction.atomic(durable=True):
            claim_mark(mailbox_index(next(ours_ones)), uuid.uuid4().hex)

    return [Contender(PLAIN, plain), Contender(OURS, ours)]


def _fill(size: int) -> None:
    """The same number of rows in both tables.  The first of them are of real addresses, the others as good as any."""
    today = date.today().isoformat()
    for start in range(0, size, CHUNK):
        numbers = range(start, min(size, start + CHUNK))
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {PlainInvited._meta.db_table} (id, address, state, made_on) VALUES (%s,%s,%s,%s)",  # noqa: S608 - our own table
                [(uuid.uuid4().hex, _address(n), "sent", today) for n in numbers],
            )
            cursor.executemany(
                f'INSERT INTO {Mark._meta.db_table} (id, "index", never_hash, state, asked_not_to, made_on)'  # noqa: S608 - our own table
                " VALUES (%s,%s,%s,%s,%s,%s)",
                [(uuid.uuid4().hex, _hash(n), os.urandom(32), "sent", False, today) for n in numbers],
            )


def _hash(number: int) -> bytes:
    return (mailbox_index(_address(number)) if number < CHUNK else None) or os.urandom(32)
