"""Which goals a visitor reached on a day, and how far into each funnel; counted with the other lines of the day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from troth.visits.counts.reports import Seen
from troth.visits.counts.tally import Line
from troth.visits.models import What

from .models import Funnel, Goal

GOALS, FUNNELS = "goals", "funnels"
"""The reports; a line is the number of a goal, or that of a funnel, a dot, and how many of its goals were reached."""

KINDS = {
    Goal.Kind.PAGE: (What.VIEW, "path"), Goal.Kind.LINK: (What.LINK, "target"), Goal.Kind.FILE: (What.DOWNLOAD, "target"),
    Goal.Kind.BEGUN: (What.FORM_BEGUN, "path"), Goal.Kind.SENT: (What.FORM_SENT, "path"),
    Goal.Kind.DONE: (What.OTHER, "done"),
}  # fmt: skip


class _Goals:
    """All goals, found by what was done."""

    def __init__(self) -> None:
        self._exact = defaultdict[tuple[int, str], list[int]](list)
        self._begin = defaultdict[int, list[tuple[str, int]]](list)
        self._columns = {int(what): column for what, column in KINDS.values()}
        for goal in Goal.objects.all():
            what = int(KINDS[Goal.Kind(goal.kind)][0])
            if goal.what.endswith("*"):
                self._begin[what].append((goal.what[:-1], goal.pk))
            else:
                self._exact[what, goal.what].append(goal.pk)

    def reached(self, seen: Seen) -> Iterator[int]:
        """The goals that one event reaches."""
        what = int(seen["what"])
        if column := self._columns.get(what):
            yield from self._exact.get((what, seen[column]), ())
            yield from (pk for begin, pk in self._begin.get(what, ()) if seen[column].startswith(begin))


def counter() -> Callable[[list[Seen]], Counter[Line]] | None:
    """What counts the goals and funnels of now in one visitor's day; None where there are no goals."""
    goals = _Goals()
    funnels = {
        funnel.pk: [step.goal_id for step in funnel.steps.all()]
        for funnel in Funnel.objects.prefetch_related("steps")
    }

    def count(events: list[Seen]) -> Counter[Line]:
        reached = [pk for seen in events for pk in goals.reached(seen)]
        found = Counter[Line]((GOALS, str(pk)) for pk in reached)
        for funnel, steps in funnels.items():
            for place in range(1, how_far(reached, steps) + 1):
                found[FUNNELS, f"{funnel}.{place}"] += 1
        return found

    return count if Goal.objects.exists() else None


def how_far(reached: list[int], steps: list[int]) -> int:
    """How many goals of a funnel were reached in its order; others may lie between them."""
    place = 0
    for pk in reached:
        if place < len(steps) and pk == steps[place]:
            place += 1
    return place
