"""The staff's pages of enquiries: the inbox, one enquiry, and what can be done with it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.gate.uses import EACH, current_use, use, using

from . import calls, flows, shown
from .forms import AnswerForm, AssignForm, CallForm, FindForm, InboxFilter
from .models import Enquiry

PAGE = 50
READERS = (Role.SALES, Role.SUPPORT)

office_page("inbox", "Enquiries", *READERS)


@never_cache
@require_http_methods(["GET", "POST"])
@staff_only(*READERS)
@use("answering-enquiries", given=EACH)
def inbox(request: HttpRequest) -> HttpResponseBase:
    """Enquiries, latest first.  An address is looked for by POST, so that none stands in a URL or a log."""
    finding = FindForm(request.POST if request.method == "POST" else None)
    filtering = InboxFilter(request.GET, assignees=shown.assignees(request))
    rows = _found(finding) if request.method == "POST" else _filtered(filtering)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    people = shown.assignees(request)
    opening = current_use()
    page.object_list = [shown.inbox_row(row, people) for row in page.object_list if opening.is_open_to(row)]
    context = {
        "page": page, "find_form": finding, "filter_form": filtering,
        "found_for": finding.is_bound and finding.is_valid(),
        "is_filtered": any(request.GET.get(name) for name in filtering.fields), "total": Enquiry.objects.count(),
        "why": shown.why(),
    }  # fmt: skip
    return TemplateResponse(request, "enquiries/inbox.html", context)


def _found(form: FindForm) -> "QuerySet[Enquiry]":
    found: QuerySet[Enquiry] = (
        Enquiry.objects.lookup(email=form.cleaned_data["email"]) if form.is_valid() else Enquiry.objects.all()
    )
    return found


def _filtered(form: InboxFilter) -> "QuerySet[Enquiry]":
    wanted = form.cleaned_data if form.is_valid() else {}
    exact = {name: wanted[name] for name in ("state", "topic") if wanted.get(name)}
    if wanted.get("assignee"):
        exact["assignee_id"] = wanted["assignee"]
    found: QuerySet[Enquiry] = Enquiry.objects.filter(**exact).order_by("-last_contact_at")
    return found


def _the_enquiry(request: HttpRequest, pk: UUID) -> Enquiry:
    found: Enquiry = get_object_or_404(Enquiry, pk=pk)
    return found


@never_cache
@require_safe
@staff_only(*READERS)
@use("answering-enquiries", given=_the_enquiry)
def enquiry(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One enquiry with its thread and the answer box."""
    return _page(request)


def _page(
    request: HttpRequest, answer: AnswerForm | None = None, call: CallForm | None = None
) -> HttpResponseBase:
    """The page; with a form that was not good enough it says so."""
    row: Enquiry = request.ground  # type: ignore[attr-defined]
    people = shown.assignees(request)
    context = {
        "enquiry": shown.head(row, people.get(row.assignee_id, "")), "name": row.name, "details": shown.details(row),
        "events": shown.in_order(
            shown.messages(row, row.replies.all(), for_visitor=False), shown.calls(calls.of_enquiry(row))
        ),
        "answer_form": answer or AnswerForm(), "call_form": call or CallForm(auto_id="call-%s"),
        "assign_form": AssignForm(initial={"assignee": row.assignee_id}, assignees=people),
        "can_close": row.state != Enquiry.State.CLOSED, "keep_until": shown.kept_until_of(row), "why": shown.why(),
    }  # fmt: skip
    return TemplateResponse(request, "enquiries/enquiry.html", context, status=422 if answer or call else 200)


def _again(
    request: HttpRequest, pk: UUID, answer: AnswerForm | None = None, call: CallForm | None = None
) -> HttpResponseBase:
    show = use("answering-enquiries", given=_the_enquiry)
    return show(lambda asked, pk: _page(asked, answer, call))(request, pk=pk)


@require_POST
@staff_only(*READERS)
def answer(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Send an answer by mail; it also stands on the visitor's page."""
    row, form = _the_enquiry(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        return _again(request, pk, answer=form)
    by = request.actor  # type: ignore[attr-defined]
    with using("answering-enquiries", by=by, given=row, at="staff-desk"):
        flows.answer_enquiry(row, form.row_id, form.cleaned_data["message"], by)
    messages.success(request, "The answer is on its way.")
    return redirect("enquiry", pk=pk)


@require_POST
@staff_only(*READERS)
def note_call(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Keep what came of a call."""
    row, form = _the_enquiry(request, pk), CallForm(request.POST, auto_id="call-%s")
    if not form.is_valid():
        return _again(request, pk, call=form)
    by = request.actor  # type: ignore[attr-defined]
    calls.note_call(row, form.row_id, form.cleaned_data["outcome"], form.cleaned_data["note"], by)
    messages.success(request, "The call is noted.")
    return redirect("enquiry", pk=pk)


@require_POST
@staff_only(*READERS)
def assign(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Give the enquiry to a colleague, or to nobody in particular."""
    row = _the_enquiry(request, pk)
    form = AssignForm(request.POST, assignees=shown.assignees(request))
    if form.is_valid():
        chosen = form.cleaned_data["assignee"]
        flows.assign_enquiry(row, UUID(chosen) if chosen else None)
    return redirect("enquiry", pk=pk)


@require_POST
@staff_only(*READERS)
def close(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Nothing more is to be done."""
    flows.close_enquiry(_the_enquiry(request, pk))
    return redirect("inbox")
