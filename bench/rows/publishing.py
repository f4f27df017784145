"""Versions of the statement: rows under two of them in one list, and whom a change would touch, among many."""

from collections.abc import Callable
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from troth.engine.statement import combine, compile_statement, parse
from troth.gate.ids import uuid7
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.subjects import versions
from troth.gate.uses import EACH, using

from ..method import Contender, by_turns
from ..peers.models import PlainContact, SealedContact
from ..report import Section, Target
from .people import PURPOSE, TOPIC, contacts, staff
from .unrecorded import without_entries

ONE, TWO = "all under the version in force", "half of them under the version before"
PLAIN, OURS = "plain: owners in a table in clear, each once", "whom a change of one kind of data touches"
OLD = "allow use of account for running-an-account by system given account\n"
OPENING = OLD + "allow use of contact.phone for running-an-account by sales\n"
CHUNK = 20_000


def rows(rounds: int, many: int, size: int) -> list[Section]:
    """A list of `many` rows, and a count among `size` people."""
    older = contacts(many // 2)
    _another_version()
    newer = contacts(many)
    lists = by_turns(
        [
            Contender(name, _reading(ids), many, within=without_entries)
            for name, ids in ((ONE, newer), (TWO, older + newer[: many - len(older)]))
        ],
        rounds,
    )  # fmt: skip
    _crowd(size)
    touched = by_turns([Contender(PLAIN, _plain), Contender(OURS, _touched)], max(3, rounds // 3))
    return [
        Section(
            f"A list of {many:,} sealed rows under two live versions", "a row", list(lists.values()),
            [Target("CPU, to the same under one", lists[TWO].cpu_ratio(lists[ONE]), 1.1)],
        ),
        Section(
            f"A change of the statement among {size:,} people", "a count", list(touched.values()),
            [Target("clock, to a plain count", touched[OURS].ratio(touched[PLAIN]), 3.0)],
        ),
    ]  # fmt: skip


def _another_version() -> None:
    """A version that permits more, in force from now on."""
    text, agreement = statement.source()
    assert text.count(OLD) == 1, "the statement no longer has the line that this changes"
    text = text.replace(OLD, OPENING)
    new = compile_statement(combine(parse(text, "statement.md"), parse(agreement, "agreement.md"))).version
    StatementVersion.objects.create(
        version=new, text=text, agreement=agreement, in_force_at=timezone.now()
    )  # fmt: skip
    assert statement.refresh(at_once=True), "the other version is not in force"


def _reading(ids: list[UUID]) -> Callable[[], object]:
    by = staff()

    def read() -> list[object]:
        with using(PURPOSE, by=by, given=EACH):
            return [(row.name, row.email, row.phone) for row in SealedContact.objects.filter(pk__in=ids)]

    assert len(read()) == len(ids)
    return read


def _crowd(size: int) -> None:
    """As many people with a row each, in both tables; nobody opens these, so nothing is sealed in them."""
    made, under = 0, statement.under()
    is_hex = not connection.features.has_native_uuid_field
    with transaction.atomic(), connection.cursor() as cursor:
        while made < size:
            pairs = [(uuid7(), uuid7()) for _ in range(min(CHUNK, size - made))]
            told = [(row.hex, owner.hex) if is_hex else (row, owner) for row, owner in pairs]
            cursor.executemany(
                "INSERT INTO subjects_datasubject (id, kind) VALUES (%s, 'person')",
                [(owner,) for _, owner in told],
            )
            cursor.executemany(
                f"INSERT INTO {SealedContact._meta.db_table} (id, owner_id, collected_under, topic)"  # noqa: S608 - ours
                " VALUES (%s, %s, %s, %s)",
                [(row, owner, under, TOPIC) for row, owner in told],
            )
            cursor.executemany(
                f"INSERT INTO {PlainContact._meta.db_table} (id, owner_id, name, email, phone, topic)"  # noqa: S608 - ours
                " VALUES (%s, %s, 'Alice Archer', %s, '+12025550101', %s)",
                [(row, owner, f"{made + n}@archer.example", TOPIC) for n, (row, owner) in enumerate(told)],
            )
            made += len(pairs)


def _plain() -> int:
    return int(PlainContact.objects.values("owner_id").distinct().count())


def _touched() -> int:
    return versions.touched(["contact.phone"])
