"""Rows opened to be looked at: which of them no longer open, and the values that must lie nowhere in clear."""

from collections.abc import Iterator
from dataclasses import dataclass

from troth.engine.seal import SealBroken, header_of

from ..errors import Erased, KeyMissing
from ..registry import serves
from ..subjects.models import PersonalModel
from ..subjects.register import personal_models
from ..uses import SYSTEM, envelopes, using

PURPOSE = serves("proving-the-statement")
SAMPLE = 40
"""Rows of each model that a run opens to look for their values in the clear."""
SHORTEST = 8
"""Values shorter than this occur by chance."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of the newest rows, and the rows whose envelope does not open: `model.column`, never the value."""

    values: set[bytes]
    broken: list[str]


def columns() -> tuple[int, list[str]]:
    """How many sealed values there are, and which are none: `model.column`, never the value."""
    count, bare = 0, []
    for model in personal_models():
        for value in (
            model.every.exclude(sealed=None).values_list("sealed", flat=True).iterator(chunk_size=500)
        ):
            count += 1
            try:
                header_of(bytes(value))
            except SealBroken:
                bare.append(_name(model))
    return count, bare


def sample() -> Sample:
    """Open the newest rows of each model, on the ground that clause security.measures gives.

    A row that is being erased is nobody's to look at, and is passed over.
    """
    rows, wrong = list[PersonalModel](), list[str]()
    for row in _newest():
        # Tried before the use that reads: there one broken row would keep all the others from being looked at.
        try:
            envelopes.try_opening(row)
            rows.append(row)
        except (SealBroken, KeyMissing):
            wrong.append(_name(type(row)))
        except Erased:
            continue
    values = set[bytes]()
    with using(PURPOSE, by=SYSTEM) as use:
        for row in rows:
            if use.is_open_to(row):
                values.update(_telling(row, use.permits(row)))
    return Sample(values, wrong)


def _newest() -> Iterator[PersonalModel]:
    for model in personal_models():
        yield from model.every.exclude(sealed=None).order_by("-id")[:SAMPLE].iterator(chunk_size=SAMPLE)


def _telling(row: PersonalModel, permitted: frozenset[str]) -> Iterator[bytes]:
    for name in permitted:
        value = getattr(row, name)
        if isinstance(value, str) and len(value) >= SHORTEST:
            # A long text is looked for by a piece of it: a copy cut off in a log is a copy too.
            yield value.encode()[:40]


def _name(model: type[PersonalModel]) -> str:
    return f"{model._meta.label}.sealed"
