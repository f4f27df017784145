"""Which days may be narrowed to a line, so that nobody is found by taking it away from the whole (decision 0033).

clause: navigation.anonymous.  Who sees all visits and those with a line sees also those without it.  These need five
visitors as well; and where the small lines of a report have fewer between them, they keep its smallest named one company.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from troth.visits.counts.models import Count
from troth.visits.counts.periods import Period
from troth.visits.counts.reports import FEWEST, OF_VISITS
from troth.visits.counts.tally import ALL, TIMES, VISITORS, VISITS, Figures

EACH_IN_ONE = frozenset({*OF_VISITS, "entries", "exits"})
"""Reports in which a visit stands in one line, so that their lines can be taken away one after the other."""

Lines = dict[str, tuple[int, int]]
"""(visitors, visits) of each line that has a name."""


def rule(period: Period) -> Callable[[date, str, Figures], bool]:
    """Whether the visits with the line of a period may be told of a day and site, by their totals.

    What was not counted yet is not told.
    """
    rows = Count.objects.filter(
        day__range=(period.before().first, period.last), report__in=(ALL, period.by)
    ).values_list("day", "site", "report", "label", "times", "visitors", "visits")
    wholes, named = dict[tuple[date, str], Figures](), defaultdict[tuple[date, str], Lines](dict)
    for day, site, report, label, times, visitors, visits in rows:
        if report == ALL:
            wholes[day, site] = [times, visitors, visits]
        elif label:
            named[day, site][label] = visitors, visits

    def may_tell(day: date, site: str, told: Figures) -> bool:
        whole = wholes.get((day, site))
        if whole is None or told[VISITORS] < FEWEST or not _leaves_enough(whole, told):
            return False
        return period.by not in EACH_IN_ONE or period.to != _kept_back(whole, named[day, site])

    return may_tell


def _leaves_enough(whole: Figures, told: Figures) -> bool:
    """Whether what is left is nothing, or as many as a line needs; views without a number count as one each."""
    if whole[VISITS] > told[VISITS]:
        return whole[VISITORS] - told[VISITORS] >= FEWEST
    return not 0 < whole[TIMES] - told[TIMES] < FEWEST


def _kept_back(whole: Figures, lines: Lines) -> str:
    """The smallest named line, where fewer than `FEWEST` are in none; blank where that is not so."""
    visitors, visits = (sum(each) for each in zip(*lines.values(), strict=True)) if lines else (0, 0)
    if lines and whole[VISITS] > visits and whole[VISITORS] - visitors < FEWEST:
        return min(lines, key=lambda label: (lines[label], label))
    return ""
