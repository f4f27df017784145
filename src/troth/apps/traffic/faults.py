"""What went wrong on our pages: what their scripts reported, opened under one use, by page and message.

clause: use.operate.  A message is sealed, and shown when five visitors of one day had it (decision 0035): what fewer
had could say something about one of them.
"""

from collections import defaultdict
from dataclasses import dataclass

from troth.gate.uses import Actor, using
from troth.visits.counts.periods import Period
from troth.visits.counts.reports import FEWEST
from troth.visits.models import Event, What
from troth.visits.reading import PURPOSE, opened

MOST = 2000
"""Errors, the newest of the days, that one look opens."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A message on a page, how often it came, and for how many visitors, counted by the day."""

    page: str
    message: str
    times: int
    visitors: int


@dataclass(frozen=True, slots=True)
class Faults:
    """`left_out` is how many errors came of messages that too few had; `has_more` that there were more than is opened."""

    shown: list[Fault]
    left_out: int = 0
    has_more: bool = False


def look(period: Period, by: Actor) -> Faults:
    """Open what was reported, as one use on record with each day."""
    met = defaultdict[tuple[str, str], dict[str, list[bytes | None]]](lambda: defaultdict(list))
    with using(PURPOSE, by=by) as use:
        days, columns = opened(use, period.first, period.last, ("path", "at", "alias", "error"))
        if not {"path", "at", "alias", "error"} <= columns:
            return Faults([])
        told = Event.objects.filter(owner__in=[day.owner_id for day in days], what=What.ERROR, is_bot=False)
        told = told.filter(site=period.site) if period.site else told
        found = list(told.order_by("-at", "-pk")[: MOST + 1])
        for event in found[:MOST]:
            who = bytes(event.alias) if event.alias is not None else None
            met[event.path, event.error or ""][event.owner_id.hex].append(who)
    return _shown(met, has_more=len(found) > MOST)


def _shown(met: dict[tuple[str, str], dict[str, list[bytes | None]]], *, has_more: bool) -> Faults:
    faults, left_out = list[Fault](), 0
    for (page, message), days in met.items():
        many = [who for who in days.values() if len(set(who) - {None}) >= FEWEST]
        left_out += sum(len(who) for who in days.values()) - sum(len(who) for who in many)
        if many:
            visitors = sum(len(set(who) - {None}) for who in many)
            faults.append(Fault(page, message, sum(len(who) for who in many), visitors))
    return Faults(sorted(faults, key=lambda each: (-each.times, each.page, each.message)), left_out, has_more)
