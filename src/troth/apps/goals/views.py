"""“Goals” in the office: what was reached, how far visitors went, and the forms that say what is counted."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.staff import staff_only
from troth.visits.counts import periods
from troth.visits.counts.forms import PeriodForm
from troth.visits.counts.reports import FEWEST
from troth.visits.reading import READERS

from . import flows
from .flows import Walked
from .forms import FunnelForm, GoalForm
from .models import Funnel, Goal

WIDE = 40
"""Units of a drawing that a step has, of which its column takes half."""


@never_cache
@require_safe
@staff_only(*READERS)
def goals_page(request: HttpRequest) -> HttpResponseBase:
    """All goals and funnels over a time; a use on record (clause use.operate)."""
    return _page(request, GoalForm(), FunnelForm())


@never_cache
@require_POST
@staff_only(*READERS)
def goal_add(request: HttpRequest) -> HttpResponseBase:
    """Define a goal."""
    form = GoalForm(request.POST)
    if not form.is_valid():
        return _page(request, form, FunnelForm())
    flows.define(form)
    messages.success(request, "The goal is counted from the oldest day whose visits are kept.")
    return redirect("office-goals")


@never_cache
@require_POST
@staff_only(*READERS)
def funnel_add(request: HttpRequest) -> HttpResponseBase:
    """Define a funnel."""
    form = FunnelForm(request.POST)
    if not form.is_valid():
        return _page(request, GoalForm(), form)
    flows.define(form)
    messages.success(request, "The funnel is counted from the oldest day whose visits are kept.")
    return redirect("office-goals")


@never_cache
@require_POST
@staff_only(*READERS)
def goal_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a goal that no funnel needs."""
    return _removed(request, Goal, pk)


@never_cache
@require_POST
@staff_only(*READERS)
def funnel_remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a funnel; its goals stay."""
    return _removed(request, Funnel, pk)


def _removed(request: HttpRequest, model: type[Goal] | type[Funnel], pk: int) -> HttpResponse:
    if flows.remove(model, pk):
        messages.success(request, "It is removed, and its counts are deleted.")
    else:
        messages.error(request, "It was not removed: it is gone already, or a funnel needs it.")
    return redirect("office-goals")


def _page(request: HttpRequest, goal_form: GoalForm, funnel_form: FunnelForm) -> HttpResponse:
    form = PeriodForm(request.GET or None, initial=periods.usual())
    period = periods.asked(request, form.cleaned_data if form.is_valid() else {}).whole()
    goals, funnels, waiting = flows.look(period, request.actor)  # type: ignore[attr-defined]
    context = {
        **periods.around(form, period, "office-goals"), "waiting": waiting, "fewest": FEWEST, "section": "office-traffic",
        "goals": [{"one": each, "compared": periods.compared(each.visitors, each.earlier)} for each in goals],
        "funnels": [{"walked": each, **_drawn(each)} for each in funnels],
        "goal_form": goal_form, "funnel_form": funnel_form if len(goals) > 1 else None,
    }  # fmt: skip
    is_wrong = form.errors or goal_form.errors or funnel_form.errors
    return render(request, "goals/goals.html", context, status=422 if is_wrong else 200)


def _drawn(walked: Walked) -> dict[str, Any]:
    """A column for each step, and between two of them what was lost; the rows of the table behind it."""
    rows, fall, before = list[dict[str, Any]](), list[str](), 0
    for at, (goal, visitors, percent) in enumerate(walked.steps):
        left = at * WIDE
        if at:
            fall.append(
                f"{left - WIDE // 2},{100 - before} {left},{100 - percent} {left},100 {left - WIDE // 2},100"
            )
        rows.append(
            {
                "goal": goal,
                "visitors": visitors,
                "percent": percent,
                "x": left,
                "lost": max(0, before - percent),
            }
        )
        before = percent
    return {"rows": rows, "falls": fall, "width": WIDE * len(rows) - WIDE // 2, "column": WIDE // 2}
