"""What entries name is found beside them, however much was written, erased or taken away before and after."""

from random import Random

import pytest

from tests.cast import durable
from troth.engine.ledger import Kind
from troth.gate.journal import details, writing
from troth.gate.journal.models import Entry, Share
from troth.gate.journal.writing import Facts, Row, build, new_id
from troth.gate.keystore import keys
from troth.gate.published import statement
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.models import Kind as Subject

pytestmark = durable


def entry(number: int, subjects: list[DataSubject]) -> Row:
    """An entry that names a category of its own, in the part of each subject."""
    policy, purpose = statement.current(), "answering-enquiries"
    facts = Facts(Kind.USE, purpose, policy.purposes[purpose].top, (), "system", statement.under())
    ciphers = keys.ciphers([one.pk.hex for one in subjects])
    parts = [(name, cipher, {"used": {f"of-{number}": "a.clause"}}) for name, cipher in ciphers.items()]
    return build(new_id(), facts, parts, bytes.fromhex(policy.version))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sixty entries about nobody to four people, written in groups; then one person's parts go, and an entry does."""
    monkeypatch.setattr(details, "SLACK", 0)
    chance = Random(11)
    people = [DataSubject.begin(Subject.PERSON) for _ in range(4)]
    rows = [entry(number, chance.sample(people, chance.randrange(5))) for number in range(60)]
    left = list(rows)
    while left:
        many = chance.randrange(1, 9)
        writing.insert(left[:many])
        left = left[many:]
    Share.objects.filter(subject=people[0].pk.hex).delete()
    Entry.objects.filter(id__in=[row.id for row in rows[20:22]]).delete()
    return [row.id for row in rows]


def test_the_categories_of_any_entries_are_those_of_their_own_parts(written: list[str]) -> None:
    chance, held = Random(12), set(Share.objects.values_list("entry", flat=True))
    there = set(Entry.objects.values_list("id", flat=True))
    assert len(held & there) > 40 and held - there
    for many in (1, 1, 2, 5, 20, 60):
        asked = chance.sample(written, many)
        found = details.categories_of(asked)
        # Of an entry that somebody took away, parts may still be there.
        assert {one: named for one, named in found.items() if one in there} == {
            one: {f"of-{written.index(one)}"} for one in asked if one in held & there
        }


def test_of_no_entry_nothing_is_named(written: list[str]) -> None:
    assert details.categories_of([]) == {} == details.categories_of([new_id()])
    Share.objects.all().delete()
    assert details.categories_of(written) == {}
