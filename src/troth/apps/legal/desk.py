"""The staff's pages of legal records: put one on record, approve somebody else's, make its package, end it."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.errors import Refused
from troth.gate.files import stored
from troth.gate.registry import office_page
from troth.gate.uses import using

from . import flows, shown
from .forms import RecordForm
from .models import LegalRecord

PER_PAGE = 25

office_page("office-legal", "Legal records", *flows.ENTERING)


@never_cache
@require_safe
@staff_only(*flows.ENTERING)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Every record, the newest first, and the form for a new one."""
    return _page(request)


def _page(request: HttpRequest, form: RecordForm | None = None) -> HttpResponseBase:
    page: Any = Paginator(LegalRecord.objects.all(), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [shown.head(row) for row in page.object_list]
    context = {"page": page, "form": form or RecordForm()}
    return render(request, "legal/records.html", context, status=422 if form else 200)


@require_POST
@staff_only(*flows.ENTERING)
def enter(request: HttpRequest) -> HttpResponseBase:
    """Put an order, or a decision of ours, on record."""
    form = RecordForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form)
    file = form.cleaned_data["file"]
    try:
        flows.enter(
            request.actor, form.row_id, form.facts(), form.personal(), form.scope(), file.read() if file else None  # type: ignore[attr-defined]
        )  # fmt: skip
    except NotNow as why:
        form.add_error(None, str(why))
        return _page(request, form)
    messages.success(request, "It is on record. The privacy officer and the owner have to approve it.")
    return redirect("office-legal")


@never_cache
@require_safe
@staff_only(*flows.ENTERING)
def page(request: HttpRequest, number: str) -> HttpResponseBase:
    """One record: what it covers, who approved it, what can be done."""
    row, by = get_object_or_404(LegalRecord, number=number), request.actor  # type: ignore[attr-defined]
    with using(row.purpose, by=by):
        told = shown.one(row, by.subject)
    context = {
        "one": told, "may_approve": by.role in flows.APPROVING and not told["is_mine"] and not told[_step(by.role)],
        "may_hand": by.role in flows.APPROVING, "section": "office-legal",
    }  # fmt: skip
    return render(request, "legal/record.html", context)


def _step(role: str) -> str:
    """Under which word an approval of this role is shown."""
    return {"privacy-officer": "officer", "owner": "owner"}.get(role, "entered")


@require_POST
@staff_only(*flows.APPROVING)
def approve(request: HttpRequest, number: str) -> HttpResponseBase:
    """Approve somebody else's record in one's role."""
    return _done(request, number, flows.approve, "Approved.")


@require_POST
@staff_only(*flows.ENTERING)
def end(request: HttpRequest, number: str) -> HttpResponseBase:
    """It is over."""
    return _done(request, number, flows.end, "The record is over. Nothing is held for it any more.")


@require_POST
@staff_only(*flows.APPROVING)
def make(request: HttpRequest, number: str) -> HttpResponseBase:
    """Make the package."""
    return _done(
        request, number, flows.make_package, "The package is made. Each row in it is on record as disclosed."
    )


def _done(request: HttpRequest, number: str, act: Any, said: str) -> HttpResponseBase:
    get_object_or_404(LegalRecord, number=number)
    try:
        act(request.actor, number)  # type: ignore[attr-defined]
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, said)
    return redirect("office-legal-one", number)


@never_cache
@require_safe
@staff_only(*flows.APPROVING)
def download(request: HttpRequest, number: str, what: str) -> HttpResponseBase:
    """The order as it came, or the package as it goes: nobody here can open the second."""
    row = get_object_or_404(LegalRecord, number=number)
    file = row.order if what == "order" else row.package
    if file is None:
        raise Http404
    if what != "order" and not row.is_live():
        raise Refused("this record is over: nothing is handed over on it", flows.CLAUSE)
    with using(row.purpose, by=request.actor):  # type: ignore[attr-defined]
        content = b"".join(stored.read(file))
    name = f"{row.number}-order" if what == "order" else f"{row.number}.zip.age"
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer
