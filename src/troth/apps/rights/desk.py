"""The privacy officer's pages: the queue by days left, one request, and what can be done with it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.gate.uses import use

from . import correcting, days, figures, flows, fulfilling, outcomes, shown, waiting
from .forms import CloseForm, IdentityForm, MessageForm
from .models import CLOSED, Request

SHOWN = 200

office_page("office-requests", "Requests", Role.PRIVACY_OFFICER, Role.OWNER)


@never_cache
@require_safe
@staff_only(Role.PRIVACY_OFFICER, Role.OWNER)
def queue(request: HttpRequest) -> HttpResponseBase:
    """Open requests, the most pressing first, which of them wait for us, and the counts; nobody's data is opened."""
    rows = waiting.with_last_word(Request.objects.exclude(state__in=CLOSED)).order_by("due_at", "pk")
    past, line = figures.open_by_day(), figures.due_line()
    most = max(count for _, count in [*past, *line])
    context = {
        "rows": [{**shown.head(row), "is_ours": waiting.is_ours(row)} for row in rows[:SHOWN]],
        "times": figures.times(), "promised": days.promised(),
        "past": figures.plot(past, most), "line": figures.plot(line, most),
        "closed": [shown.head(row) for row in Request.objects.filter(state__in=CLOSED).order_by("-closed_at")[:20]],
        "may_open": request.staff.role == Role.PRIVACY_OFFICER,  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "rights/queue.html", context)


def _not_done(refused: outcomes.NotDone) -> str:
    advice = (
        "Carry it out first, or say here why not."
        if refused.can_be_explained
        else "Carry it out, or refuse it."
    )
    return f"This is not done: {refused}. {advice}"


def _the_request(request: HttpRequest, number: str, *_: object) -> Request:
    found: Request = get_object_or_404(Request, number=number)
    return found


@use("answering-requests", given=_the_request)
def _page(request: HttpRequest, number: str, form: MessageForm | None = None) -> HttpResponseBase:
    row: Request = request.ground  # type: ignore[attr-defined]
    waiting.note_read(row)
    forms = {"identity_form": IdentityForm(), "message_form": MessageForm(), "close_form": CloseForm()}
    names = {IdentityForm: "identity_form", MessageForm: "message_form", CloseForm: "close_form"}
    if form is not None:
        forms[names[type(form)]] = form
    context = {
        "request_row": shown.head(row), "email": row.email, "text": row.text,
        "events": shown.messages(row, for_person=False), "archive": shown.archive(fulfilling.archive_of(row)),
        "seen": shown.foreseen(fulfilling.what_goes(row)), "has_reached": flows.has_reached(row),
        "obstacles": shown.obstacles(fulfilling.obstacles_of(row)), "section": "office-requests",
        "can_correct": bool(correcting.places(row)), "corrections": shown.corrections(row), **forms,
    }  # fmt: skip
    return TemplateResponse(request, "rights/request.html", context, status=422 if form is not None else 200)


@never_cache
@require_safe
@staff_only(Role.PRIVACY_OFFICER)
def page(request: HttpRequest, number: str) -> HttpResponseBase:
    """One request: who asks, the thread, what would go, the outcome."""
    return _page(request, number)


@require_POST
@staff_only(Role.PRIVACY_OFFICER)
def identity(request: HttpRequest, number: str) -> HttpResponseBase:
    """The officer made sure who asks, and says how."""
    row, form = _the_request(request, number), IdentityForm(request.POST)
    if not form.is_valid():
        return _page(request, number, form)
    by = request.actor  # type: ignore[attr-defined]
    flows.prove(row, Request.Identity.STAFF, by=by, reason=form.cleaned_data["text"])
    fulfilling.fulfil(row)
    messages.success(request, "It is on record who asks, and how that was made sure.")
    return redirect("office-request", number)


@require_POST
@staff_only(Role.PRIVACY_OFFICER)
def message(request: HttpRequest, number: str) -> HttpResponseBase:
    """Write to the person."""
    row, form = _the_request(request, number), MessageForm(request.POST)
    if not form.is_valid():
        return _page(request, number, form)
    flows.say(row, request.actor, form.cleaned_data["text"], form.row_id)  # type: ignore[attr-defined]
    messages.success(request, "The message is on its way.")
    return redirect("office-request", number)


@require_POST
@staff_only(Role.PRIVACY_OFFICER)
def close(request: HttpRequest, number: str) -> HttpResponseBase:
    """Give the outcome; the request closes once it has reached the person."""
    row, form = _the_request(request, number), CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, number, form)
    told, by = form.cleaned_data, request.actor  # type: ignore[attr-defined]
    try:
        outcomes.answer(row, by, told["text"], told["outcome"], told["clause"], form.row_id, told["reason"])
    except outcomes.NotDone as refused:
        form.add_error("reason" if refused.can_be_explained else "outcome", _not_done(refused))
        return _page(request, number, form)
    messages.success(request, "The answer is on its way. The request closes when it has arrived.")
    return redirect("office-request", number)
