"""Who is in a room: those who said so, by name, and how many others read along."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone

from troth.gate.uses import EACH, SYSTEM, using
from troth.posting.flows import PURPOSE

from .models import Presence, Readers

NAMED = 50
"""Names that the list shows; of more it says how many."""

RECENT = timedelta(seconds=30)
"""How old a process's count of readers may be."""

_Opened = dict[UUID, tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """Who is here: the names that are shown, how many more, how many read along; `ids` may be away for a moment."""

    names: tuple[str, ...] = ()
    others: int = 0
    readers: str = ""
    ids: frozenset[UUID] = frozenset()
    opened: _Opened = field(default_factory=dict)


def look(room: UUID, before: Known) -> Known:
    """The list as it is now; a name is opened once by each process, and shown while its owner's key lives."""
    rows = list(Presence.objects.filter(room=room))
    opened = _Opened()
    with using(PURPOSE, by=SYSTEM, given=EACH) as opening:
        present = [row for row in rows if row.is_live()]
        for row in present[:NAMED]:
            if not opening.is_open_to(row):
                continue
            envelope = bytes(row.sealed or b"")
            known = before.opened.get(row.pk)
            opened[row.pk] = known if known and known[0] == envelope else (envelope, row.name or "")
    names = tuple(name for _, name in opened.values())
    return Known(
        names, len(present[NAMED:]), _about(_readers(room)), frozenset(row.pk for row in rows), opened
    )


def still(seen: Collection[UUID]) -> None:
    """Those pages asked for news since the last time: whoever they belong to is still here."""
    if seen:
        Presence.objects.filter(pk__in=seen).update(seen_at=timezone.now())


def _readers(room: UUID) -> int:
    recent = Readers.objects.filter(room=room, at__gt=timezone.now() - RECENT)
    return recent.aggregate(all=Sum("count"))["all"] or 0


def _about(count: int) -> str:
    """A number of readers, no finer than it is known and not another with each one who comes or goes."""
    if count <= 10:
        return str(count) if count else ""
    size = 10 if count < 200 else 50
    return f"about {round(count / size) * size}"
