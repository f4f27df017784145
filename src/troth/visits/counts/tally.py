"""Counting: the events of one visitor after the other, as visits, into the lines of all reports at once.

A visit is what one visitor does on a site without a pause of `PAUSE` between two views, within one day, since an alias
lasts no longer.  Whoever has no number is in the views, and in no visit.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from ..models import What
from .reports import FEWEST, OF_EVENTS, OF_VISITS, REPORTS, SLOW, Seen

PAUSE = timedelta(minutes=30)
MOST_LINES = 100_000
"""Lines of one day that are held while it is counted; somebody could make up as many addresses as they like."""
ALL = "all"
"""The report that has one line, with everything."""

TIMES, VISITORS, VISITS, NOTED, MS = range(5)
Figures = list[int]
Line = tuple[str, str]
Key = tuple[str, str, str]
"""(site, report, label)"""
Also = Callable[[list[Seen]], Mapping[Line, int]]
"""What else is counted of one visitor's day: how often they stand in which line."""


def visits(events: Iterable[Seen]) -> Iterator[list[Seen]]:
    """The events of one visitor, oldest first, as visits; what comes before the first view is in its visit."""
    visit, last = list[Seen](), None
    for seen in events:
        if seen["what"] == What.VIEW:
            if last is not None and seen["at"] - last > PAUSE:
                yield visit
                visit = []
            last = seen["at"]
        visit.append(seen)
    if visit:
        yield visit


def lines(visit: list[Seen], *, is_whole: bool = True) -> dict[Line, Figures]:
    """What a visit, or one event of somebody without a number, adds to each line."""
    found: dict[Line, Figures] = defaultdict(lambda: [0, 0, 0, 0, 0])
    total = found[ALL, ""]
    views = [seen for seen in visit if seen["what"] == What.VIEW]
    for seen in visit:
        what = seen["what"]
        if what == What.VIEW:
            found["pages", seen["path"]][TIMES] += 1
            if seen["load_ms"] is not None:
                _add(found["slow", seen["path"]], 1, int(seen["load_ms"] > SLOW), seen["load_ms"])
        elif what == What.READ and seen["read_ms"]:
            total[MS] += seen["read_ms"]
            found["pages", seen["path"]][MS] += seen["read_ms"]
        for name in OF_EVENTS.get(what, ()):
            if label := REPORTS[name].label_of(seen):
                found[name, label][TIMES] += 1
    total[TIMES] = len(views)
    if views and is_whole:
        _add_visit(found, total, views)
    return found


def _add(line: Figures, times: int, noted: int, ms: int) -> None:
    line[TIMES] += times
    line[NOTED] += noted
    line[MS] += ms


def _add_visit(found: dict[Line, Figures], total: Figures, views: list[Seen]) -> None:
    first, is_bounce, ms = views[0], int(len(views) == 1), total[MS]
    labels = [(name, REPORTS[name].label_of(first)) for name in OF_VISITS]
    for line in (*labels, ("entries", first["path"]), ("exits", views[-1]["path"])):
        if line[1]:
            _add(found[line], 1, is_bounce, ms)
            found[line][VISITS] += 1
    total[VISITS] += 1
    total[NOTED] += is_bounce


def may_have(visit: list[Seen], only: Line) -> bool:
    """Whether a line may occur in a visit: a quick look, so that most visits need not be counted to be left out."""
    report, label = REPORTS[only[0]], only[1]
    return any(
        report.label_of(seen) == label for seen in visit if not report.what or seen["what"] in report.what
    )


class Tally:
    """The lines of some days, or of what is narrowed to the visits in which `only` occurs."""

    def __init__(self, only: Line | None = None, more: Sequence[Also] = ()) -> None:
        self._only, self._more = only, more
        self.found: dict[Key, Figures] = {}

    def add(self, site: str, alias: bytes | None, events: list[Seen]) -> None:
        """What one visitor did, or one event of somebody who has no number."""
        if alias is None:
            self.add_alone(site, events[0])
        else:
            self.add_visitor(site, events)

    def add_visitor(self, site: str, events: Iterable[Seen]) -> None:
        """All that one visitor did on one day."""
        known, kept = set[Line](), list[Seen]()
        for visit in visits(events):
            if self._only is not None and not may_have(visit, self._only):
                continue
            told = lines(visit)
            if self._only is not None and self._only not in told:
                continue
            kept += visit
            for line, figures in told.items():
                is_new = figures[TIMES] > 0 and line not in known
                self._add(site, line, figures, visitors=int(is_new))
                known |= {line} if is_new else set()
        for also in self._more:
            for line, times in also(kept).items():
                self._add(site, line, [times, 0, 0, 0, 0], visitors=1)

    def add_alone(self, site: str, seen: Seen) -> None:
        """What somebody without a number did."""
        told = lines([seen], is_whole=False)
        if self._only is None or self._only in told:
            for line, figures in told.items():
                self._add(site, line, figures, visitors=0)

    def _add(self, site: str, line: Line, figures: Figures, visitors: int) -> None:
        row = self.found.get((site, *line))
        if row is None:
            if len(self.found) >= MOST_LINES and line[0] != ALL:  # it stands with those that have no name
                line, visitors = (line[0], ""), 0
            row = self.found.setdefault((site, *line), [0, 0, 0, 0, 0])
        for place, number in enumerate(figures):
            row[place] += number
        row[VISITORS] += visitors


def shown(found: Mapping[Key, Figures]) -> dict[Key, Figures]:
    """The lines of a day that may have a name; how often there were others stands under none (decision 0033)."""
    named = dict[Key, Figures]()
    for (site, report, label), figures in found.items():
        if report == ALL or figures[VISITORS] >= FEWEST:
            named[site, report, label] = figures
        else:
            named.setdefault((site, report, ""), [0, 0, 0, 0, 0])[TIMES] += figures[TIMES]
    return named
