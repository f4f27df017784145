"""“Visits” in the office: counts over a time, beside the time before, each narrowed by one click, each as CSV."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.visits.reading import READERS

from . import counting
from .counting import MOST_DAYS, MOST_LINES, REPORTS, Counted, Period

USUAL = 30
"""Days that are shown when none are asked for, today among them."""
SPANS = (7, 30, 90)
LONGEST_VALUE = 200

FIGURES = (
    ("visitors", "Visitors", "", "counted by the day"), ("views", "Pages viewed", "", ""),
    ("views_each", "Pages a visitor", "", ""), ("bounce", "Viewed one page alone", "%", "of visitors"),
    ("seconds", "Time read", " s", "a visitor, on average"),
)  # fmt: skip

office_page("office-traffic", "Visits", *READERS)


class PeriodForm(forms.Form):
    """The days that are counted."""

    first = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        """Both are in order, and no more than is kept."""
        told: dict[str, Any] = super().clean() or {}
        first, last = told.get("first"), told.get("last")
        if first and last and not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            raise forms.ValidationError(f"Please choose up to {MOST_DAYS} days, the first one first.")
        return told


@never_cache
@require_safe
@staff_only(*READERS)
def traffic_page(request: HttpRequest) -> HttpResponseBase:
    """Everything at one look; a use on record (clause use.operate)."""
    form, period = _asked(request)
    counted = counting.look(period, request.actor)  # type: ignore[attr-defined]
    context = {
        "form": form, "period": period, "spans": _spans(period), "is_too_few": counted.is_too_few,
        "figures": _figures(counted), "rows": _rows(counted), "by_day": counted.by_day,
        "reports": _reports(counted, period), "fewest": counting.FEWEST,
        "narrowed": REPORTS[period.by].head if period.by else "", "whole": _url(Period(period.first, period.last)),
    }  # fmt: skip
    return render(request, "traffic/visits.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
@staff_only(*READERS)
def traffic_csv(request: HttpRequest, report: str) -> HttpResponseBase:
    """One report with all its lines."""
    _, period = _asked(request)
    if report not in REPORTS:
        raise Http404
    counted = counting.look(period, request.actor, [report])  # type: ignore[attr-defined]
    lines, left_out = counted.reports.get(report, ([], 0))
    answer = HttpResponse(
        counting.table(REPORTS[report], lines, left_out), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="visits-{report}.csv"'
    return answer


def _asked(request: HttpRequest) -> tuple[PeriodForm, Period]:
    form, today = PeriodForm(request.GET or None), datetime.now(UTC).date()
    told: dict[str, date | None] = form.cleaned_data if form.is_valid() else {}
    last = max(min(told.get("last") or today, today), today - timedelta(days=2 * MOST_DAYS))
    first = told.get("first") or last - timedelta(days=USUAL - 1)
    first = max(min(first, last), last - timedelta(days=MOST_DAYS - 1))
    by, to = request.GET.get("by", ""), request.GET.get("is", "").replace("\0", "")[:LONGEST_VALUE]
    return form, Period(first, last, by, to) if by in REPORTS and to else Period(first, last)


def _query(period: Period) -> str:
    told = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return urlencode({**told, "by": period.by, "is": period.to} if period.by else told)


def _url(period: Period) -> str:
    return f"{reverse('office-traffic')}?{_query(period)}"


def _spans(period: Period) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    spans = [(days, Period(today - timedelta(days=days - 1), today, period.by, period.to)) for days in SPANS]
    return [{"days": days, "url": _url(each), "is_now": each == period} for days, each in spans]


def _figures(counted: Counted) -> list[dict[str, Any]]:
    shown = []
    for name, label, unit, note in FIGURES if counted.now else ():
        now, earlier = counted.now[name], counted.earlier.get(name, 0)
        change = round(100 * (now - earlier) / earlier) if earlier else 0
        word = f"{change:+d} %".replace("-", "−") if change else "the same"
        compared = f"{word}, before {earlier:g}{unit}" if earlier else "nothing to compare with"
        shown.append({"label": label, "value": f"{now:g}{unit}", "note": note, "compared": compared})
    return shown


def _rows(counted: Counted) -> list[dict[str, Any]]:
    most = max((visitors for _, visitors, _ in counted.by_day), default=0) or 1
    return [
        {"label": f"{day:%-d %b}", "value": visitors, "percent": round(100 * visitors / most)}
        for day, visitors, _ in counted.by_day
    ]


def _reports(counted: Counted, period: Period) -> list[dict[str, Any]]:
    shown = []
    for name, (lines, left_out) in counted.reports.items():
        most = max((line.value for line in lines), default=0) or 1
        rows = [
            {
                "label": line.label, "value": line.value, "percent": round(100 * line.value / most),
                "url": "" if period.by else _url(Period(period.first, period.last, name, line.label)),
            }
            for line in lines[:MOST_LINES]
        ]  # fmt: skip
        shown.append({
            "id": name, "title": REPORTS[name].title, "head": REPORTS[name].head, "figure": REPORTS[name].figure,
            "rows": rows, "left_out": left_out, "more": max(0, len(lines) - MOST_LINES),
            "csv": f"{reverse('office-traffic-csv', args=[name])}?{_query(period)}",
        })  # fmt: skip
    return shown
