"""Goals and funnels are defined, removed, and looked at."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError, QuerySet, Sum

from troth.gate.uses import Actor, using
from troth.visits.counts import rollups
from troth.visits.counts.models import Count
from troth.visits.counts.periods import Period
from troth.visits.counts.rollups import COUNTED, NEEDED
from troth.visits.counts.tally import ALL
from troth.visits.reading import PURPOSE, opened

from .forms import FunnelForm, GoalForm
from .models import Funnel, Goal
from .reaching import FUNNELS, GOALS


@dataclass(frozen=True, slots=True)
class Reached:
    """A goal, how often it was reached, and by how many visitors, counted by the day; None where it cannot be told."""

    goal: Goal
    times: int
    visitors: int
    rate: float
    earlier: int | None


@dataclass(frozen=True, slots=True)
class Walked:
    """A funnel, and (goal, visitors, percent of the first) of each step."""

    funnel: Funnel
    steps: list[tuple[Goal, int, int]]


def define(form: GoalForm | FunnelForm) -> None:
    """Keep a goal or a funnel; the days whose events are there are counted anew with it."""
    with transaction.atomic():
        form.keep()
        rollups.change_all()


def remove(model: type[Goal] | type[Funnel], pk: int) -> bool:
    """Remove it with its counts; False where there is none, or a funnel needs it."""
    label = (
        {"report": GOALS, "label": str(pk)}
        if model is Goal
        else {"report": FUNNELS, "label__startswith": f"{pk}."}
    )
    try:
        with transaction.atomic():
            gone: int = model.objects.filter(pk=pk).delete()[0]
            Count.objects.filter(**label).delete()
    except ProtectedError:
        return False
    return bool(gone)


def look(period: Period, by: Actor) -> tuple[list[Reached], list[Walked], int]:
    """How often goals and steps were reached, as one use on record; and how many days are still to be counted."""
    waiting = rollups.bring_up(period.before().first, period.last)
    with using(PURPOSE, by=by) as use:
        _, columns = opened(use, period.before().first, period.last, COUNTED)
    if not columns >= NEEDED:
        return [], [], 0
    rows = Count.objects.filter(report__in=(GOALS, FUNNELS, ALL)).order_by()
    rows = rows.filter(site=period.site) if period.site else rows
    now, before = _summed(rows, period), _summed(rows, period.before())
    visitors = now.get((ALL, ""), (0, 0))[1]
    goals = [_reached(goal, now, before, visitors, period) for goal in Goal.objects.all()]
    funnels = [_walked(each, now) for each in Funnel.objects.prefetch_related("steps__goal")]
    return goals, funnels, waiting


Sums = dict[tuple[str, str], tuple[int, int]]


def _summed(rows: "QuerySet[Count]", period: Period) -> Sums:
    told = rows.filter(day__range=(period.first, period.last)).values_list("report", "label")
    return {
        (report, label): (times, visitors)
        for report, label, times, visitors in told.annotate(Sum("times"), Sum("visitors"))
    }


def _reached(goal: Goal, now: Sums, before: Sums, visitors: int, period: Period) -> Reached:
    line = (GOALS, str(goal.pk))
    times, by = now.get(line, (0, 0))
    earlier = before.get(line, (0, 0))[1] if period.has_all_before() else None
    return Reached(goal, times, by, round(100 * by / visitors, 1) if visitors else 0, earlier)


def _walked(funnel: Funnel, now: Sums) -> Walked:
    steps = list(funnel.steps.all())
    by = [now.get((FUNNELS, f"{funnel.pk}.{step.place}"), (0, 0))[1] for step in steps]
    most = by[0] if by and by[0] else 1
    told = [(step.goal, each, round(100 * each / most)) for step, each in zip(steps, by, strict=True)]
    return Walked(funnel, told)
