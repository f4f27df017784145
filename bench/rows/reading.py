"""Reading sealed rows through the gate, beside Django's ORM in clear and django-fernet-encrypted-fields."""

from collections.abc import Callable
from uuid import UUID

from troth.gate.keystore import keys
from troth.gate.uses import EACH, Actor, using

from ..method import Contender, by_turns
from ..peers.models import FernetContact, PlainContact, SealedContact
from ..report import Section, Target
from .people import PURPOSE, contacts, staff
from .unrecorded import without_entries

PLAIN, PEER = "plain Django ORM", "django-fernet-encrypted-fields"
BARE, WITH = "sealed, without the entry", "sealed, with the durable entry"
COLD = "sealed, without the entry, no key in memory"


def rows(rounds: int, many: int) -> list[Section]:
    """One row, then `many` rows of as many subjects."""
    ids, by = contacts(many), staff()
    middle = ids[len(ids) // 2]
    plain, peer, sealed = (_one(model, middle) for model in (PlainContact, FernetContact, SealedContact))
    one = by_turns(_contenders(plain, peer, sealed, by), rounds)
    plain, peer, sealed = (_all(model) for model in (PlainContact, FernetContact, SealedContact))
    lists = by_turns(
        [*_contenders(plain, peer, sealed, by, many), _cold(sealed, by, many)], max(3, rounds // 2)
    )
    return [
        Section(
            "Sealed read, 1 row of 3 sealed fields", "a row", list(one.values()),
            [Target("CPU without the entry, to plain", one[BARE].cpu_ratio(one[PLAIN]), 1.5)],
        ),
        Section(
            f"Sealed read, {many:,} rows of {many:,} subjects", "a row", list(lists.values()),
            [
                Target("CPU without the entry, to plain", lists[BARE].cpu_ratio(lists[PLAIN]), 2.2),
                Target("CPU of the peer, to it", lists[PEER].cpu_ratio(lists[BARE]), 3, at_most=False),
            ],
        ),
    ]  # fmt: skip


Read = Callable[[], object]


def _one(model: type, pk: UUID) -> Read:
    def read() -> object:
        row = model.objects.get(pk=pk)  # type: ignore[attr-defined]
        return row.name, row.email, row.phone

    return read


def _all(model: type) -> Read:
    def read() -> object:
        return [(row.name, row.email, row.phone) for row in model.objects.all()]  # type: ignore[attr-defined]

    return read


def _contenders(plain: Read, peer: Read, sealed: Read, by: Actor, units: int = 1) -> list[Contender]:
    def recorded() -> None:
        with using(PURPOSE, by=by, given=EACH):
            sealed()

    assert plain() == peer(), "the peers store different people"
    with using(PURPOSE, by=by, given=EACH):
        assert plain() == sealed(), "the house stores different people"
    return [
        Contender(PLAIN, plain, units), Contender(PEER, peer, units),
        Contender(BARE, recorded, units, within=without_entries), Contender(WITH, recorded, units),
    ]  # fmt: skip


def _cold(sealed: Read, by: Actor, units: int) -> Contender:
    def bare() -> None:
        with using(PURPOSE, by=by, given=EACH):
            sealed()

    def forget() -> None:
        keys._ciphers.clear()

    return Contender(COLD, bare, units, before=forget, within=without_entries)
