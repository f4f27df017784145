"""“Visits” in the office: counts over a time, beside the time before, each narrowed by one click, each as CSV."""

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.visits import country
from troth.visits.counts import periods
from troth.visits.counts.forms import PeriodForm
from troth.visits.counts.periods import Period, around, compared
from troth.visits.counts.reports import FEWEST, REPORTS, SECTIONS, SLOW
from troth.visits.reading import READERS

from . import faults, live, looking, plots
from .looking import Counted, Line

MOST_LINES = 8
"""Lines of a report beside the others; its own page has `MOST_OF_ONE`, the CSV all of them."""
MOST_OF_ONE = 300

FIGURES = (
    ("visitors", "Visitors", "", "counted by the day"), ("visits", "Visits", "", "without 30 minutes’ pause"),
    ("views", "Pages viewed", "", ""), ("bounce", "Bounced", " %", "visits of one page alone"),
    ("seconds", "Time read", " s", "a visit, on average"),
)  # fmt: skip

FAULTS = ("slow", "missing", "broken", "errors")

office_page("office-traffic", "Visits", *READERS)


@never_cache
@require_safe
@staff_only(*READERS)
def traffic_page(request: HttpRequest) -> HttpResponseBase:
    """Everything at one look; a use on record (clause use.operate)."""
    form, period = asked(request)
    counted = looking.look(period, request.actor)  # type: ignore[attr-defined]
    context = {
        **around(form, period, "office-traffic"), **_state(counted), "figures": _figures(counted),
        "plot": plots.of_days(counted.by_day, counted.before),
        "sections": [(title, [_card(name, counted, period) for name in names if name in counted.reports])
                     for title, names in SECTIONS],
    }  # fmt: skip
    return render(request, "traffic/visits.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
@staff_only(*READERS)
def report_page(request: HttpRequest, report: str) -> HttpResponseBase:
    """One report with what is told of each line."""
    form, period, counted = _one(request, report)
    lines, left_out = counted.reports.get(report, ([], 0))
    context = {
        **around(form, period, "office-traffic-report", report), **_state(counted), "slug": report,
        "section": "office-traffic", "overview": period.url("office-traffic"), "report": REPORTS[report],
        "slow": SLOW, "left_out": left_out,
        "of_visits": REPORTS[report].figure == "Visits", "lines": _rows(report, lines[:MOST_OF_ONE], period),
        "list_of": country.as_of() if report == "countries" else None,
        "more": max(0, len(lines) - MOST_OF_ONE), "csv": period.url("office-traffic-csv", report),
    }  # fmt: skip
    return render(request, "traffic/report.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
@staff_only(*READERS)
def traffic_csv(request: HttpRequest, report: str) -> HttpResponseBase:
    """One report with all its lines."""
    _, _, counted = _one(request, report)
    lines, left_out = counted.reports.get(report, ([], 0))
    answer = HttpResponse(
        looking.table(REPORTS[report], lines, left_out), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="visits-{report}.csv"'
    return answer


@never_cache
@require_safe
@staff_only(*READERS)
def live_page(request: HttpRequest) -> HttpResponseBase:
    """The last half hour; refreshed by the browser where whoever looks asked for it."""
    now = live.look(request.actor)  # type: ignore[attr-defined]
    is_refreshed = request.GET.get("every") == "30"
    context = {
        "now": now, "fewest": FEWEST, "is_refreshed": is_refreshed, "section": "office-traffic", "window": live.WINDOW,
        "views": sum(now.minutes), "right_now": live.RIGHT_NOW, "minutes": plots.of_minutes(now.minutes),
        "reports": [{"id": name, "report": REPORTS[name], "rows": _bars(lines)} for name, lines in now.lines.items()],
    }  # fmt: skip
    answer = render(request, "traffic/live.html", context)
    if is_refreshed:
        answer["Refresh"] = "30"
    return answer


@never_cache
@require_safe
@staff_only(*READERS)
def faults_page(request: HttpRequest) -> HttpResponseBase:
    """Errors with their messages, slow pages, pages that were not found, and the links that led there."""
    form, period = asked(request)
    period = period.whole()
    counted = looking.look(period, request.actor, FAULTS)  # type: ignore[attr-defined]
    context = {
        **around(form, period, "office-faults"), **_state(counted), "section": "office-traffic",
        "faults": faults.look(period, request.actor), "most": faults.MOST,  # type: ignore[attr-defined]
        "reports": [_card(name, counted, period) for name in FAULTS if name in counted.reports],
    }  # fmt: skip
    return render(request, "traffic/faults.html", context, status=422 if form.errors else 200)


def _one(request: HttpRequest, report: str) -> tuple[PeriodForm, Period, Counted]:
    form, period = asked(request)
    if report not in REPORTS:
        raise Http404
    return form, period, looking.look(period, request.actor, [report])  # type: ignore[attr-defined]


def asked(request: HttpRequest) -> tuple[PeriodForm, Period]:
    """The days, the site and the line that a request is about."""
    # A line alone, as in an address that somebody typed, says nothing of the days: the form tells which are shown.
    form = PeriodForm(
        request.GET if request.GET.keys() & {"first", "last", "site"} else None, initial=periods.usual()
    )
    return form, periods.asked(request, form.cleaned_data if form.is_valid() else {})


def _state(counted: Counted) -> dict[str, Any]:
    return {
        "fewest": FEWEST,
        "is_too_few": counted.is_too_few,
        "as_of": counted.as_of,
        "waiting": counted.waiting,
        "unread_days": counted.unread_days,
    }


def _figures(counted: Counted) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": f"{counted.now[name]:g}{unit}", "note": note,
         "compared": compared(counted.now[name], counted.earlier.get(name), unit)}
        for name, label, unit, note in (FIGURES if counted.now else ())
    ]  # fmt: skip


def _bars(lines: list[tuple[str, int]]) -> list[dict[str, Any]]:
    most = max((value for _, value in lines), default=0) or 1
    return [{"label": label, "value": value, "percent": round(100 * value / most)} for label, value in lines]


def _rows(name: str, lines: list[Line], period: Period) -> list[dict[str, Any]]:
    most = max((line.value for line in lines), default=0) or 1
    return [
        {
            "label": line.label, "value": line.value, "percent": round(100 * line.value / most), "line": line,
            "url": "" if period.by else replace(period, by=name, to=line.label).url("office-traffic"),
        }
        for line in lines
    ]  # fmt: skip


def _card(name: str, counted: Counted, period: Period) -> dict[str, Any]:
    lines, left_out = counted.reports[name]
    report = REPORTS[name]
    return {
        "id": name, "title": report.title, "head": report.head, "figure": report.figure, "left_out": left_out,
        "rows": _rows(name, lines[:MOST_LINES], period), "more": max(0, len(lines) - MOST_LINES),
        "url": period.url("office-traffic-report", name), "csv": period.url("office-traffic-csv", name),
    }  # fmt: skip
