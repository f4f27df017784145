"""Access and erasure of one person among many: six tables, beside the same work by hand on plain tables."""

import json
import math
import os
import uuid
from collections.abc import Sequence
from statistics import median

from django.db import connection, transaction
from django.utils import timezone

from troth.gate.subjects import access
from troth.gate.subjects.erase import erase
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM, Actor, OwnData, using

from ..method import Contender, Measured, by_turns
from ..peers.models import CARDS, PLAIN_CARDS, AuditRow
from ..report import Section, Target
from .people import PLACE, PURPOSE, contact, subjects

BY_HAND, OURS = "by hand, with one durable audit row", "through the gate, with its entry"
ROWS, MANY = 10, 10_000
OTHERS = 1_000
NOTE = "Which of your services would you begin with, and why?"


def rows(rounds: int, sizes: Sequence[int]) -> list[Section]:
    """Access and erasure at each size of the tables, then the person with very many rows."""
    _others(OTHERS)
    seen: dict[str, list[Measured]] = {"access": [], "erasure": []}
    sections, filled = [], 0
    for size in sizes:
        _fill(size - filled)
        filled = size
        last = size == sizes[-1]
        for what, contenders in (("access", _access()), ("erasure", _erasure(rounds))):
            found = list(by_turns(contenders, rounds).values())
            seen[what].append(found[1])
            sections += [_section(what, size, found)] if last else []
    for section, what in zip(sections, seen, strict=True):
        section.targets = [*section.targets, Target("growth, log-log slope", _slope(sizes, seen[what]), 0.1)]
    return [*sections, _very_many()]


def _section(what: str, size: int, found: list[Measured]) -> Section:
    bound, shown = {"access": (3.0, 0.1), "erasure": (4.0, 0.2)}[what]
    targets = [
        Target("clock, to the work by hand", found[1].ratio(found[0]), bound),
        Target("seconds shown", found[1].wall, shown, form=".4f"),
    ]
    return Section(
        f"{what.capitalize()} of {ROWS} rows in 6 tables, {size:,} of others", "a person", found, targets
    )


def _slope(sizes: Sequence[int], found: Sequence[Measured]) -> float:
    """Least squares of log time over log size."""
    xs, ys = [math.log(size) for size in sizes], [math.log(each.wall) for each in found]
    middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle) ** 2 for x in xs)
    return sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


_strangers: list[str] = []


def _others(count: int) -> None:
    """Data subjects who own the rest; nobody opens theirs, so they need no keys."""
    made = [DataSubject(id=uuid.uuid4(), kind="person") for _ in range(count)]
    DataSubject.objects.bulk_create(made)
    _strangers[:] = [subject.pk.hex for subject in made]


def _fill(count: int) -> None:
    """So many rows of others in the sealed tables, and as many in the plain ones."""
    each, now = max(1, count // 6), connection.ops.adapt_datetimefield_value(timezone.now())
    for sealed, plain in zip(CARDS, PLAIN_CARDS, strict=True):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {sealed._meta.db_table} (id, owner_id, collected_under, sealed, email_index, made_at)"  # noqa: S608 - our own table
                " VALUES (%s,%s,%s,%s,%s,%s)",
                [
                    (uuid.uuid4().hex, _strangers[n % OTHERS], "0" * 16, os.urandom(160), os.urandom(32), now)
                    for n in range(each)
                ],
            )
            cursor.executemany(
                f"INSERT INTO {plain._meta.db_table} (id, owner_id, name, email, note, made_at)"  # noqa: S608 - our own table
                " VALUES (%s,%s,%s,%s,%s,%s)",
                [
                    (
                        uuid.uuid4().hex,
                        _strangers[n % OTHERS],
                        f"Name {n}",
                        f"{uuid.uuid4().hex}@x.example",
                        NOTE,
                        now,
                    )
                    for n in range(each)
                ],
            )


def _person(rows_of_theirs: int) -> DataSubject:
    """One person with rows in all six tables, sealed and plain."""
    person = subjects(1)[0]
    values = [
        {**{k: v for k, v in contact(n).items() if k != "phone"}, "note": NOTE} for n in range(rows_of_theirs)
    ]
    with using(PURPOSE, by=SYSTEM, at=PLACE):
        for place, sealed in enumerate(CARDS):
            mine = [sealed(owner=person, **each) for each in values[place::6]]
            sealed.objects.bulk_create(mine, batch_size=500)
    for place, plain in enumerate(PLAIN_CARDS):
        plain.objects.bulk_create(
            [plain(owner_id=person.pk, **each) for each in values[place::6]], batch_size=500
        )
    return person


def _access() -> list[Contender]:
    person = _person(ROWS)
    by = Actor("data-subject", person.pk)

    def by_hand() -> None:
        found = {}
        with connection.cursor() as cursor:
            for plain in PLAIN_CARDS:
                cursor.execute(
                    f"SELECT id, name, email, note, made_at FROM {plain._meta.db_table} WHERE owner_id = %s",  # noqa: S608 - our own table
                    [person.pk.hex],
                )
                found[plain._meta.db_table] = [list(map(str, row)) for row in cursor.fetchall()]
        assert sum(map(len, found.values())) == ROWS
        json.dumps(found)
        with transaction.atomic(durable=True):
            AuditRow.objects.create(actor=person.pk.hex, role="data-subject", purpose="access", detail="all")

    def ours() -> None:
        with using("showing-own-data", by=by, given=OwnData(person.pk)):
            told = [
                {"kind": one.title, **{value.name: str(value.value) for value in one.values}}
                for one in access.held(person.pk)
            ]
        assert len(told) == ROWS
        json.dumps(told)

    return [Contender(BY_HAND, by_hand), Contender(OURS, ours)]


def _erasure(rounds: int, rows_of_theirs: int = ROWS) -> list[Contender]:
    # Made beforehand, one person for each sample and contender; the purge is the worker's, and shown apart.
    waiting = {name: [_person(rows_of_theirs) for _ in range(rounds + 2)] for name in (BY_HAND, OURS)}
    next_one: dict[str, DataSubject] = {}

    def before(name: str) -> None:
        next_one[name] = waiting[name].pop()

    def by_hand() -> None:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            for plain in PLAIN_CARDS:
                cursor.execute(
                    f"DELETE FROM {plain._meta.db_table} WHERE owner_id = %s",  # noqa: S608 - our own table
                    [next_one[BY_HAND].pk.hex],
                )

    def ours() -> None:
        erase(next_one[OURS].pk.hex, SYSTEM)

    return [
        Contender(BY_HAND, by_hand, before=lambda: before(BY_HAND)),
        Contender(OURS, ours, before=lambda: before(OURS)),
    ]


def _very_many() -> Section:
    """A person with 10,000 rows beside one with a tenth of them: linear in one's own rows."""
    found: dict[int, list[Measured]] = {}
    for count in (MANY // 10, MANY):
        found[count] = list(by_turns(_erasure(1, count), 1).values())
    seconds = {count: median(sample.wall for sample in each[1].samples) for count, each in found.items()}
    return Section(
        f"Erasure of a person with {MANY:,} rows", "a person", found[MANY],
        [
            Target("seconds shown", seconds[MANY], 2.0, form=".3f"),
            Target("time per row, to a person with a tenth", seconds[MANY] / seconds[MANY // 10] / 10, 1.5),
        ],
    )  # fmt: skip
