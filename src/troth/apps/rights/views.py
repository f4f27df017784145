"""The requester's pages: ask, prove who asks, follow the request, confirm a deletion, fetch the archive."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.doors import confirmed, person_only
from troth.accounts.people.models import Person
from troth.gate.codes import codes
from troth.gate.export import exporting
from troth.gate.export.models import Export
from troth.gate.uses import OwnData, use

from . import flows, fulfilling, knowing, reaching, shown
from .forms import CodeForm, EraseForm, MessageForm, RequestForm
from .models import Request

KEYS = "requests"
MOST_HELD = 20
SENT = "We have sent a code, if the address can be reached. It works for ten minutes."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponseBase:
    """The form, for anybody (clause rights.ninety-days)."""
    person: Person | None = request.person or None  # type: ignore[attr-defined]
    form = RequestForm(request.POST if request.method == "POST" else None, is_signed_in=bool(person))
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "is_signed_in": bool(person)}
        return render(request, "rights/ask.html", context, status=422 if form.errors else 200)
    told = form.cleaned_data
    row, token = flows.ask(
        form.row_id, told["kind"], told["text"], told.get("email", ""), told["purpose"], person
    )
    if token and not person:
        _hold(request, row, token)
    if person:
        fulfilling.fulfil(row)
    return redirect("request-page", row.number)


def _hold(request: HttpRequest, row: Request, token: str) -> None:
    """Remember in this browser's session that it holds the private link of a request."""
    held = {number: key for number, key in request.session.get(KEYS, {}).items() if number != row.number}
    request.session[KEYS] = dict([*held.items(), (row.number, token)][-MOST_HELD:])


@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """The private link: remembers it in the session, and takes it out of the address bar."""
    row = flows.find_by_token(token)
    if row is None:
        return render(request, "410.html", status=410)
    _hold(request, row, token)
    return redirect("request-page", row.number)


def _mine(request: HttpRequest, number: str) -> Request:
    """A request of whoever looks; others learn nothing, not even that it exists.

    One that belongs to an account is opened by signing in, and by nothing else.
    """
    row: Request = get_object_or_404(Request, number=number)
    if Person.objects.filter(owner=row.owner_id).exists():
        is_own = bool(request.person) and request.person.owner_id == row.owner_id  # type: ignore[attr-defined]
    else:
        token = request.session.get(KEYS, {}).get(number, "")
        is_own = bool(token) and flows.is_link_of(row, token)
    if not is_own:
        raise Http404
    request.actor = fulfilling.own_actor(row)  # type: ignore[attr-defined]
    request.asked = row  # type: ignore[attr-defined]
    return row


def _own(request: HttpRequest, number: str, **_: object) -> OwnData:
    """The ground: it is proven who asks, and this is theirs."""
    row = _mine(request, number)
    if row.proven_at is None:
        raise Http404
    return OwnData(row.owner_id)


@never_cache
@require_safe
def page(request: HttpRequest, number: str) -> HttpResponseBase:
    """The request and its thread; until it is proven who asks, the way to prove it."""
    if _mine(request, number).proven_at is None:
        return redirect("request-code", number)
    return _thread(request, number=number)


@use("showing-own-data", given=_own)
def _thread(request: HttpRequest, number: str, form: MessageForm | None = None) -> HttpResponseBase:
    row: Request = request.asked  # type: ignore[attr-defined]
    reaching.note_look(request, row)
    context = {
        "request_row": shown.head(row), "text": row.text, "events": shown.messages(row, for_person=True),
        "archive": shown.archive(fulfilling.archive_of(row)), "can_erase": shown.can_erase(row),
        "corrections": shown.corrections(row),
        "is_account": Person.objects.filter(owner=row.owner_id).exists(),
        "form": None if row.is_closed else form or MessageForm(), "section": "own-requests",
        "is_unread": reaching.is_unread(row), "is_left_out": knowing.is_account_left_out(row, row.email),
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return TemplateResponse(request, "rights/page.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, number: str) -> HttpResponseBase:
    """The page on which a code is typed.  It is the same whether the address is known here or not."""
    row = _mine(request, number)
    if row.proven_at is not None:
        return redirect("request-page", number)
    form = CodeForm(request.POST if request.method == "POST" else None)
    token = request.session.get(KEYS, {}).get(number, "")
    if request.method == "POST" and form.is_valid():
        try:
            flows.prove_by_code(row, form.cleaned_data["code"], token)
        except codes.CodeRefused as refused:
            form.add_error("code", refused.reason)
        else:
            reaching.note_proof(request, row)
            fulfilling.fulfil(row)
            return redirect("request-page", number)
    link = settings.TROTH_BASE_URLS["company"] + reverse("request-open", args=[token]) if token else ""
    context = {
        "request_row": shown.head(row), "form": form, "link": link,
        "until": codes.runs_out(row.code_token), "is_mail_shown": settings.TROTH_MAIL_HELD,
    }  # fmt: skip
    return render(request, "rights/code.html", context, status=422 if form.errors else 200)


@require_POST
def send_code(request: HttpRequest, number: str) -> HttpResponseBase:
    """Mail another code: for the proof, or for a deletion."""
    row = _mine(request, number)
    is_erasure = shown.can_erase(row)
    if row.proven_at is None or is_erasure:
        flows.send_code(row, flows.ERASE_ACT if is_erasure else flows.ACT)
        messages.success(request, SENT)
    return redirect("request-erase" if is_erasure else "request-code", number)


@require_POST
def write(request: HttpRequest, number: str) -> HttpResponseBase:
    """A further message."""
    _own(request, number)
    row: Request = request.asked  # type: ignore[attr-defined]
    form = MessageForm(request.POST)
    if row.is_closed:
        raise Http404
    if not form.is_valid():
        return _thread(request, number=number, form=form)
    flows.write(row, form.cleaned_data["text"], form.row_id)
    return redirect("request-page", number)


@require_POST
def read(request: HttpRequest, number: str) -> HttpResponseBase:
    """Somebody says that they have read the answer."""
    _own(request, number)
    reaching.note_read(request.asked)  # type: ignore[attr-defined]
    return redirect("request-page", number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, number: str) -> HttpResponseBase:
    """Says what goes and what stays; a typed word and a code carry the deletion out."""
    _own(request, number)
    row: Request = request.asked  # type: ignore[attr-defined]
    if not shown.can_erase(row):
        return redirect("request-page", number)
    by_code, found = row.identity == Request.Identity.CODE, fulfilling.obstacles_of(row)
    form = EraseForm(request.POST if request.method == "POST" else None, by_code=by_code)
    if request.method == "POST" and form.is_valid() and _is_confirmed(row, form):
        found = fulfilling.erase_covered(row)
        if not found:
            return redirect("request-page", number)
    context = {
        "request_row": shown.head(row), "seen": shown.foreseen(fulfilling.what_goes(row)), "form": form,
        "obstacles": shown.obstacles(found), "until": codes.runs_out(row.code_token) if by_code else None,
        "accounts": fulfilling.accounts(row), "is_left_out": fulfilling.leaves_account_out(row),
    }  # fmt: skip
    status = 422 if form.errors else 409 if found and request.method == "POST" else 200
    return render(request, "rights/erase.html", context, status=status)


def _is_confirmed(row: Request, form: EraseForm) -> bool:
    if "code" in form.fields:
        try:
            flows.redeem(row, flows.ERASE_ACT, form.cleaned_data["code"])
        except codes.CodeRefused as refused:
            form.add_error("code", refused.reason)
    return form.is_valid()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request: HttpRequest, number: str) -> HttpResponseBase:
    """The archive, in pieces, to whoever asked; POST has a failed one made again."""
    _own(request, number)
    # An archive of an account leaves by three doors: here, its own page, the API.  Each wants a fresh sign-in.
    give = confirmed(_archive) if request.person else _archive  # type: ignore[attr-defined]
    return give(request, number)


def _archive(request: HttpRequest, number: str) -> HttpResponseBase:
    row: Request = request.asked  # type: ignore[attr-defined]
    if request.method == "POST":
        fulfilling.make_again(row)
        return redirect("request-page", number)
    export = fulfilling.archive_of(row)
    if export is None or not shown.is_ready(export):
        raise Http404
    return _stream(request, export)


def _stream(request: HttpRequest, export: Export) -> StreamingHttpResponse:
    pieces: Any = exporting.open_stream(export, request.actor)  # type: ignore[attr-defined]
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{exporting.name_of(export)}"'
    return answer


@never_cache
@require_safe
@person_only
def own_requests(request: HttpRequest) -> HttpResponseBase:
    """The requests of whoever is signed in; nothing of them is opened for the list."""
    owner = request.person.owner_id  # type: ignore[attr-defined]
    rows = Request.objects.filter(owner=owner).order_by("-received_at")
    return render(request, "rights/own.html", {"rows": [shown.head(row) for row in rows]})
