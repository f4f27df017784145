"""The public list of countries, and the office's register of transfers."""

from datetime import date
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import counting, shown

READERS = (Role.PRIVACY_OFFICER, Role.OWNER, Role.ADMINISTRATOR)
MOST_LINES = 200
MOST_LEFT = 50

office_page("office-transfers", "Transfers", *READERS)


class PeriodForm(forms.Form):
    """The days that are counted; blank: all."""

    first = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """The countries where data really went, or was looked at from (clause transfer.global)."""
    return render(
        request, "transfers/countries.html", {"countries": shown.public(), "places": shown.stores()}
    )


@never_cache
@require_safe
@staff_only(*READERS)
def register(request: HttpRequest) -> HttpResponseBase:
    """Counts by country, recipient, purpose and kind of data; nobody's data stands in it."""
    form, rows = _asked(request)
    lines = shown.rows(rows.exclude(category=""))
    context = {
        "form": form, "bars": shown.by_country(rows.filter(category="")), "lines": lines[:MOST_LINES],
        "left_out": max(0, len(lines) - MOST_LINES), "places": shown.stores(), "asked": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "transfers/register.html", context)


class LeftForm(PeriodForm):
    """To whom, and in which days."""

    to = forms.ChoiceField(label="To", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Everybody"), *shown.outside()]  # type: ignore[attr-defined]


@never_cache
@require_safe
@staff_only(*READERS)
def left(request: HttpRequest) -> HttpResponseBase:
    """Everything that left the house, one line for each entry of the log; nobody's data stands in it."""
    form = LeftForm(request.GET or None)
    told = form.cleaned_data if form.is_valid() else {}
    entries = counting.left(told.get("to", ""), told.get("first"), told.get("last"))
    page = Paginator(entries, MOST_LEFT).get_page(request.GET.get("page"))
    page.object_list = [shown.left(each) for each in page.object_list]
    context = {"form": form, "page": page, "section": "office-transfers"}
    return render(request, "transfers/left.html", context)


@never_cache
@require_safe
@staff_only(*READERS)
def as_csv(request: HttpRequest) -> HttpResponseBase:
    """The same by day, for a table of one's own."""
    _, rows = _asked(request)
    ordered = rows.exclude(category="").order_by("day", "country", "recipient", "purpose", "category", "kind")
    answer = HttpResponse(shown.table(ordered.iterator()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="transfers.csv"'
    return answer


def _asked(request: HttpRequest) -> tuple[PeriodForm, Any]:
    form = PeriodForm(request.GET or None)
    told: dict[str, date | None] = form.cleaned_data if form.is_valid() else {}
    return form, counting.between(told.get("first"), told.get("last"))
