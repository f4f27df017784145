"""The visitor's pages of an enquiry: send it, follow it, see who read it, delete it."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.doors import confirmed
from troth.accounts.people.models import Person
from troth.gate.journal.models import Share, Untold
from troth.gate.published import statement
from troth.gate.registry import made_known, ticks
from troth.gate.subjects import limits
from troth.gate.uses import SYSTEM, Actor, OwnData, use, using
from troth.gate.uses.history import history, receipt

from . import calls, flows, shown
from .forms import ContactForm, VisitorReplyForm
from .models import Enquiry

THREADS = "threads"
KEEP_CLAUSE = "collect.contact"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponseBase:
    """The Contact Us form (clauses collect.contact, use.requested)."""
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with using("answering-enquiries", by=SYSTEM, at="contact-us"):
            sender = _sender(request, form.cleaned_data["email"])
            sent = flows.send_enquiry(
                form.row_id, form.personal(), form.cleaned_data["topic"], sender,
                wants_call=form.cleaned_data.get("wants_call", False),
            )  # fmt: skip
        if sent is not None:
            made_known(request, sent.owner_id, ContactForm.place)
        return redirect("contact-sent")
    context = {"form": form, "ticks": ticks(request)}
    return render(request, "enquiries/contact.html", context, status=422 if form.errors else 200)


def _sender(request: HttpRequest, address: str) -> UUID | None:
    """Whoever is signed in and writes under the address they proved; anything else is nobody's yet.

    Who restricted the use of their data writes as a visitor does: else nobody could read what they ask.
    """
    person: Person | None = request.person  # type: ignore[attr-defined]
    if not person or any(limit.kind == limits.Limit.Kind.RESTRICTION for limit in limits.of(person.owner_id)):
        return None
    is_own = Person.objects.lookup(email=address).filter(pk=person.pk).exists()
    return person.owner_id if is_own else None


@require_safe
def contact_sent(request: HttpRequest) -> HttpResponse:
    """What happens next; says nothing about what was sent."""
    return render(request, "enquiries/sent.html", {"is_mail_shown": settings.TROTH_MAIL_HELD})


@never_cache
@require_safe
def thread_open(request: HttpRequest, token: str) -> HttpResponse:
    """The private link: remembers the thread in this browser's session and takes the token out of the address bar."""
    enquiry = flows.find_by_token(token)
    if enquiry is None:
        return render(request, "410.html", status=410)
    if flows.is_of_account(enquiry) and not _is_mine(request, enquiry):
        return redirect_to_login(reverse("thread", args=[enquiry.pk]))
    mine = request.session.get(THREADS, [])
    request.session[THREADS] = [*[each for each in mine if each != enquiry.pk.hex], enquiry.pk.hex][-20:]
    return redirect("thread", pk=enquiry.pk)


def _own(request: HttpRequest, pk: UUID, **_: object) -> OwnData:
    """The ground of a visitor who came by the private link; others learn nothing, not even that it exists.

    Once the enquiry belongs to an account, the link is no key any more: only its person, signed in, gets here.
    """
    enquiry = get_object_or_404(Enquiry, pk=pk)
    came_by_link = pk.hex in request.session.get(THREADS, []) and not flows.is_of_account(enquiry)
    if not (came_by_link or _is_mine(request, enquiry)):
        raise Http404
    request.enquiry = enquiry  # type: ignore[attr-defined]
    request.actor = Actor("data-subject", enquiry.owner_id)  # type: ignore[attr-defined]
    return OwnData(enquiry.owner_id)


def _is_mine(request: HttpRequest, enquiry: Enquiry) -> bool:
    """Whether the signed-in person proved the address that this enquiry came from."""
    person = request.person  # type: ignore[attr-defined]
    return bool(person) and person.owner_id == enquiry.owner_id


@never_cache
@require_safe
@use("showing-own-data", given=_own)
def thread(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The conversation, and who read it."""
    return _thread(request, VisitorReplyForm())


def _thread(request: HttpRequest, form: VisitorReplyForm, status: int = 200) -> HttpResponseBase:
    enquiry: Enquiry = request.enquiry  # type: ignore[attr-defined]
    # The record of an account tells of far more than this enquiry: it has a page of its own.
    is_of_account = flows.is_of_account(enquiry)
    read = [] if is_of_account else shown.uses(history())
    context = {
        "is_of_account": is_of_account,
        "enquiry": shown.head(enquiry),
        "details": shown.details(enquiry),
        "events": shown.in_order(
            shown.messages(enquiry, enquiry.replies.all(), for_visitor=True),
            shown.calls(calls.told(enquiry)),
            read,
        ),
        "read_count": sum(1 + len(each["more"]) for each in read if each["kind"] == "read"),
        "keep_until": shown.kept_until_of(enquiry),
        "keep_clause": KEEP_CLAUSE,
        "keep_clause_title": statement.title(KEEP_CLAUSE),
        "form": form,
    }
    return TemplateResponse(request, "enquiries/thread.html", context, status=status)


@never_cache
@require_POST
def thread_reply(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A further message by the visitor."""
    ground = _own(request, pk)
    form = VisitorReplyForm(request.POST)
    if not form.is_valid():
        return _thread_with_errors(request, form, pk=pk)
    with using("answering-enquiries", by=SYSTEM, given=ground, at="enquiry-thread"):
        flows.reply_as_visitor(request.enquiry, form.row_id, form.cleaned_data["message"])  # type: ignore[attr-defined]
    return redirect("thread", pk=pk)


def _thread_with_errors(request: HttpRequest, form: VisitorReplyForm, pk: UUID) -> HttpResponseBase:
    return use("showing-own-data", given=_own)(lambda asked, pk: _thread(asked, form, 422))(request, pk=pk)


@never_cache
@require_http_methods(["GET", "POST"])
def thread_delete(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Says what goes and what stays, then erases (clause rights.ninety-days).  An account's owner confirms who it is."""
    _own(request, pk)
    delete = confirmed(_delete) if flows.is_of_account(request.enquiry) else _delete  # type: ignore[attr-defined]
    return delete(request, pk=pk)


def _delete(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    is_of_account = flows.is_of_account(request.enquiry)  # type: ignore[attr-defined]
    if request.method == "GET":
        return _before_deleting(request, pk=pk)
    erasure = flows.delete_enquiry(request.enquiry, request.actor)  # type: ignore[attr-defined]
    request.session[THREADS] = [each for each in request.session.get(THREADS, []) if each != pk.hex]
    context = {
        "deleted_at": erasure.begun_at,
        "entry": erasure.entry,
        "keys_gone_by": shown.keys_gone_by(),
        "receipt": None,
        "is_of_account": is_of_account,
        "is_mailed": bool(erasure.farewell),
    }
    return render(request, "enquiries/deleted.html", context)


@use("showing-own-data", given=_own)
def _before_deleting(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    enquiry: Enquiry = request.enquiry  # type: ignore[attr-defined]
    context = {
        "enquiry": shown.head(enquiry), "details": shown.details(enquiry), "entry_count": len(history()),
        "message_count": 1 + enquiry.replies.count(), "keys_gone_by": shown.keys_gone_by(),
        "is_of_account": flows.is_of_account(enquiry),
    }  # fmt: skip
    return TemplateResponse(request, "enquiries/delete.html", context)


def _own_entry(request: HttpRequest, entry: str) -> OwnData:
    """The ground for one entry: it must be about a thread that this browser holds."""
    held = Enquiry.objects.filter(pk__in=request.session.get(THREADS, []))
    owners = {row.owner_id.hex: row for row in held if not flows.is_of_account(row)}
    share = Share.objects.filter(entry=entry, subject__in=owners).exclude(entry__in=Untold.now()).first()
    if share is None:
        raise Http404
    return _own(request, owners[share.subject].pk)


@never_cache
@require_safe
@use("showing-own-data", given=_own_entry)
def receipt_page(request: HttpRequest, entry: str) -> HttpResponseBase:
    """One use of the visitor's data, to read, print and check."""
    used = next(each for each in history() if each.entry == entry)
    context = {
        "receipt": shown.receipt(used, receipt(entry)), "enquiry": shown.head(request.enquiry),  # type: ignore[attr-defined]
    }  # fmt: skip
    return TemplateResponse(request, "enquiries/receipt.html", context)


@never_cache
@require_safe
@use("showing-own-data", given=_own_entry)
def receipt_json(request: HttpRequest, entry: str) -> HttpResponse:
    """The receipt as a file that `python -m troth.verify` checks without us."""
    answer = HttpResponse(receipt(entry).to_json() + "\n", content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="receipt.json"'
    return answer
