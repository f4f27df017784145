"""What the pages of the showcase show: to anyone, to the owner of a text, to sales."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from troth.gate.subjects import limits
from troth.gate.uses import EACH, SYSTEM, current_use, using
from troth.gate.uses.use import Use

from .flows import PURPOSE, as_owner
from .models import FIELDS, Permission, Publication, digest

MOST = 200
"""Texts that one page shows, the newest of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A text as it stands on a page; every value is what its owner permitted."""

    pk: UUID
    kind: str
    name: str
    title: str
    company: str
    text: str
    since: datetime | None
    picture: str
    logo: bytes

    @property
    def mark(self) -> str:
        """What tells one logo of a text from the next, in its address."""
        return hashlib.sha256(self.logo).hexdigest()[:16]

    @property
    def is_listing(self) -> bool:
        """Whether it is a line of the list of Customers, and no testimonial."""
        return self.kind == Publication.Kind.LISTING


Mark = tuple[str, str, UUID | None, bytes]
_opened: dict[UUID, tuple[Mark, Standing]] = {}
"""What this process opened already, by the envelope and the hash it was opened for (decision 0020).

A row that is withdrawn, changed or erased is not asked for here: the store and the key are, at every look.
"""


def on_page(kind: str) -> list[Standing]:
    """What stands on one of the pages now.  A text is opened once by each process, not at each look.

    One whose hash is not the one that was permitted is left out; so is one whose owner limited its use.
    """
    rows = Publication.objects.filter(Publication.standing(), kind=kind).order_by("-permitted_at")[:MOST]
    standing = _look(rows)
    _forget(kind, {said.pk for said in standing})
    if kind == Publication.Kind.LISTING:
        standing.sort(key=lambda each: each.company.casefold())
    return standing


def one_on_page(pk: UUID) -> Standing | None:
    """One text, if it stands on its page now."""
    found = _look(Publication.objects.filter(Publication.standing(), pk=pk))
    if not found:
        _opened.pop(pk, None)
    return found[0] if found else None


def _look(rows: "QuerySet[Publication]") -> list[Standing]:
    with using(PURPOSE, by=SYSTEM, given=EACH) as opening:
        open_ones = [row for row in rows.select_related("logo") if opening.is_open_to(row)]
    looked = [(row, _standing(row)) for row in open_ones]
    _opened.update({row.pk: (_mark(row), said) for row, said in looked if said})
    return [said for _, said in looked if said]


def _mark(row: Publication) -> Mark:
    return row.kind, row.text_hash, row.logo_id, bytes(row.sealed or b"")


def _standing(row: Publication) -> Standing | None:
    mark, said = _opened.get(row.pk, (None, None))
    if said is None or mark != _mark(row) or said.since != row.permitted_at:
        # A use of its own: the ground of the logo is the permission of its text.
        with using(PURPOSE, by=SYSTEM, given=Permission(row)):
            said = as_it_stands(row)
    return said if digest(row.kind, asdict(said), said.logo) == row.text_hash else None


def _forget(kind: str, but: Iterable[UUID]) -> None:
    gone = [pk for pk, (mark, _) in list(_opened.items()) if mark[0] == kind and pk not in but]
    for pk in gone:
        _opened.pop(pk, None)


def as_it_stands(row: Publication, *, with_logo: bool = True) -> Standing:
    """A text opened in the use around, as its page shows it."""
    values = {name: getattr(row, name) or "" for name in FIELDS}
    picture = row.picture or "" if row.logo_id else ""
    logo = row.logo_bytes() if picture and with_logo else b""
    return Standing(
        pk=row.pk, kind=row.kind, since=row.permitted_at, picture=picture, logo=logo, **values
    )  # fmt: skip


# -- to its owner


def own(owner: UUID) -> list[dict[str, Any]]:
    """All texts of a person, the newest first."""
    with as_owner(owner):
        return [_own(row) for row in Publication.objects.filter(owner=owner)]


def own_one(owner: UUID, pk: UUID) -> dict[str, Any] | None:
    """One of them, or None."""
    with as_owner(owner):
        row = Publication.objects.filter(owner=owner, pk=pk).first()
        return _own(row) if row else None


def _own(row: Publication) -> dict[str, Any]:
    return {
        "pk": row.pk, "state": row.state, "is_asked": row.is_asked, "at": row.made_at, "until": row.over_at,
        "hash": row.digest(), "said": as_it_stands(row), "is_permitted": row.is_permitted,
        "label": row.get_kind_display(),
    }  # fmt: skip


def is_limited(owner: UUID) -> bool:
    """Whether the person lets nothing of theirs be shown: then no page shows it, permitted or not."""
    everything = limits.Limit.Kind.RESTRICTION
    return any(each.kind == everything or each.purpose == PURPOSE for each in limits.of(owner))


# -- to sales


def at_desk(rows: Iterable[Publication]) -> list[dict[str, Any]]:
    """Lines of the office, in the use that is open; what nobody permits, and nobody asked for, is not read."""
    opening = current_use()
    return [_line(opening, row) for row in rows]


def _line(opening: Use, row: Publication) -> dict[str, Any]:
    may_read = row.is_live() and opening.is_open_to(row)
    return {
        "pk": row.pk, "state": row.state, "label": row.get_kind_display(), "is_asked": row.is_asked,
        "at": row.made_at, "since": row.permitted_at, "until": row.over_at, "hash": row.text_hash,
        "said": as_it_stands(row, with_logo=False) if may_read else None,
    }  # fmt: skip
