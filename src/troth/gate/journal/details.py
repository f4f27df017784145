"""What the columns of entries say, held against the details that are sealed for their subjects.

A leaf tells purpose by its top alone, and neither clause nor country: of these `log.verify` finds no edit.  The
details do tell them, and nobody edits those without the subjects' keys.  Opening all would take too long, so each
call looks at the newest and at some that nobody can foresee.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from secrets import SystemRandom

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery

from troth.engine.seal import Cipher, SealBroken

from ..keystore import keys
from .models import Entry, Share
from .writing import open_share

SAMPLE = 1000
"""Details of either kind, newest and by chance, that one call opens."""
NAMING = ("used", "collected", "disclosed")
CHUNK = 500
SLACK = 10_000
"""Shares that writers at the same time may have put between an entry and its own."""


@dataclass(slots=True)
class _Told:
    """What the opened details of one entry tell."""

    facts: set[tuple[str, str, str]] = field(default_factory=set)
    clauses: set[str] = field(default_factory=set)
    opened: int = 0
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """One subject's part of an entry: who used it when and for what, and by category under which clause; no value."""

    entry: str
    subject: str
    at: datetime
    role: str
    purpose: str
    ground: str
    used: dict[str, str]
    collected: dict[str, str]
    disclosed: dict[str, str]


def of_subjects(subjects: list[str], entries: QuerySet[Entry]) -> Iterator[Named]:
    """The parts of some subjects (32 hex digits) in some entries.  One that no key opens is passed over."""
    for start in range(0, len(subjects), CHUNK):
        chosen = Share.objects.filter(
            subject__in=subjects[start : start + CHUNK], entry__in=entries.values("id")
        )
        shares = list(chosen)
        ciphers = _ciphers(sorted({share.subject for share in shares}))
        for share in shares:
            if cipher := ciphers.get(share.subject):
                with suppress(SealBroken):  # `contradicted` and `log.verify` tell of it
                    yield _named(share, cipher)


def _named(share: Share, cipher: Cipher) -> Named:
    _, detail = open_share(cipher, share.subject, share.entry, bytes(share.sealed))
    said = json.loads(detail)
    return Named(
        share.entry, share.subject, datetime.fromisoformat(said["at"]), said["role"], said["purpose"],
        said.get("ground", ""), said.get("used", {}), said.get("collected", {}), said.get("disclosed", {}),
    )  # fmt: skip


def categories_of(entries: list[str]) -> dict[str, set[str]]:
    """The categories that some entries name, by entry, whoever's they were: for counts, and no value leaves."""
    shares, found = list(_shares_of(entries)), dict[str, set[str]]()
    ciphers = _ciphers(sorted({share.subject for share in shares}))
    for share in shares:
        if cipher := ciphers.get(share.subject):
            with suppress(SealBroken):
                named = _named(share, cipher)
                found.setdefault(share.entry, set()).update(named.used, named.collected, named.disclosed)
    return found


def _shares_of(entries: list[str]) -> QuerySet[Share]:
    """The shares of some entries.  No index leads to them; they lie where they were written, each beside its entry."""
    span = Entry.objects.filter(id__in=entries).aggregate(first=Min("seq"), last=Max("seq"))
    if span["first"] is None:
        return Share.objects.none()
    low, high = _place(span["first"]) - SLACK, _place(span["last"] + 1) + SLACK
    return Share.objects.filter(pk__gte=low, pk__lt=high, entry__in=entries)


def _place(seq: int) -> int:
    """The key of the first share that was written with this entry or a later one, found by halving."""
    own = Entry.objects.filter(id=OuterRef("entry")).values("seq")[:1]
    # A share without its entry was left by somebody at the database, and tells no place.
    known = Share.objects.annotate(seq=Subquery(own)).exclude(seq=None).values_list("pk", "seq")
    low, high = 0, (Share.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = known.filter(pk__gte=middle).order_by("pk").first()
        if found is not None and found[1] < seq:
            low = found[0] + 1
        else:
            high = middle
    return low


def contradicted() -> list[Entry]:
    """Entries of the sample whose purpose, role, country or clauses are not what their details tell.

    No detail leaves this function.  One whose subject was erased opens to nobody, and is passed over.
    """
    shares, told = _sample(), dict[str, _Told]()
    ciphers = _ciphers(sorted({share.subject for share in shares}))
    for share in shares:
        if cipher := ciphers.get(share.subject):
            _read(told.setdefault(share.entry, _Told()), cipher, share)
    found: list[Entry] = []
    names = list(told)
    for start in range(0, len(names), CHUNK):
        rows = Entry.objects.filter(id__in=names[start : start + CHUNK])
        found += [row for row in rows if not _agree(row, told[row.id])]
    return found


def _sample() -> list[Share]:
    newest = list(Share.objects.order_by("-pk")[:SAMPLE])
    below = newest[-1].pk if newest else 1
    chosen = SystemRandom().sample(range(1, below), min(SAMPLE, below - 1))
    for start in range(0, len(chosen), CHUNK):
        newest += Share.objects.filter(pk__in=chosen[start : start + CHUNK])
    return newest


def _ciphers(subjects: list[str]) -> dict[str, Cipher]:
    """The ciphers that there are; one damaged key hides no other."""
    try:
        return keys.ciphers(subjects)
    except SealBroken:
        half = len(subjects) // 2
        return {**_ciphers(subjects[:half]), **_ciphers(subjects[half:])} if half else {}


def _read(told: _Told, cipher: Cipher, share: Share) -> None:
    try:
        _, detail = open_share(cipher, share.subject, share.entry, bytes(share.sealed))
    except SealBroken:
        told.is_broken = True
        return
    said = json.loads(detail)
    told.opened += 1
    told.facts.add((said["purpose"], said["role"], said.get("country", "")))
    told.clauses.update(clause for part in NAMING for clause in _values(said.get(part)))


def _values(part: object) -> Iterable[str]:
    return part.values() if isinstance(part, dict) else ()


def _agree(row: Entry, told: _Told) -> bool:
    countries = {country for _, _, country in told.facts if country}
    said, held = {(purpose, role) for purpose, role, _ in told.facts}, set(row.clauses.split())
    # A part that only says what somebody did, or what became of a whole subject, names no clause.
    is_all = told.opened == row.subjects and bool(told.clauses)
    return (
        not told.is_broken
        and said <= {(row.purpose, row.recipient)}
        and countries <= {row.country}
        and (held == told.clauses if is_all else told.clauses <= held)
    )
