"""The office: its frame and overview, outgoing mail, the ledger browser."""

from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.engine.ledger import Kind
from troth.gate.journal.models import Entry
from troth.gate.outbound.models import Message
from troth.gate.proving import shown as proofs
from troth.gate.registry import office_page
from troth.gate.uses import current_use, use

from . import shown
from .forms import LedgerFilter

MAIL_READERS = (Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.OWNER)
PAGE = 50

office_page("office", "Overview")
office_page("office-mail", "Outgoing mail", *MAIL_READERS)
office_page("office-ledger", "Ledger")


@never_cache
@require_safe
@staff_only()
def overview(request: HttpRequest) -> HttpResponseBase:
    """Numbers only: nobody's data is opened here."""
    states = proofs.states()
    ranked = sorted(states, key=lambda each: ("broken", "kept", "unproven").index(each.state))
    context = {
        "figures": shown.figures(request.staff.role), "plots": shown.plots(), "uses_by_purpose": shown.uses_by_purpose(),  # type: ignore[attr-defined]
        "clauses": ranked, "counts": proofs.tally(states), "checked_at": proofs.checked_at(states),
        "breach": shown.breach(),
    }  # fmt: skip
    return render(request, "office/overview.html", context)


@never_cache
@require_safe
@staff_only(*MAIL_READERS)
@use("supervising-mail")
def mail(request: HttpRequest) -> HttpResponseBase:
    """Outgoing messages, newest first (clause use.requested)."""
    page = Paginator(Message.objects.all(), PAGE).get_page(request.GET.get("page"))
    opening = current_use()
    page.object_list = [shown.message(row) for row in page.object_list if opening.is_open_to(row)]
    context = {"page": page, "why": shown.why_mail(), "is_demo": settings.TROTH_MAIL_HELD}
    return TemplateResponse(request, "office/mail.html", context)


@never_cache
@require_safe
@staff_only(*MAIL_READERS)
@use("supervising-mail")
def message(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One outgoing message."""
    row = get_object_or_404(Message, pk=pk)
    context = {
        "message": {**shown.message(row), "body": shown.body(row), "attached": shown.attached(row)},
        "why": shown.why_mail(),
        "entry": None,
        "is_demo": settings.TROTH_DEMO,
    }
    return TemplateResponse(request, "office/message.html", context)


@never_cache
@require_safe
@staff_only()
def ledger(request: HttpRequest) -> HttpResponseBase:
    """Entries, newest first; whom they touched is told to those people only."""
    form = LedgerFilter(request.GET)
    wanted = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    rows = Entry.objects.filter(**wanted).exclude(kind=Kind.ORIGIN).order_by("-seq")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    page.object_list = [shown.entry(row) for row in page.object_list]
    context = {
        "page": page, "head": shown.head(), "waiting": Entry.objects.filter(index=None).count(), "filter_form": form,
        "is_filtered": bool(wanted),
    }  # fmt: skip
    return render(request, "office/ledger.html", context)


@never_cache
@require_safe
@staff_only()
def entry(request: HttpRequest, pk: str) -> HttpResponseBase:
    """One entry: what the public leaf says, what the operator's tables add, and its place in the tree."""
    row = get_object_or_404(Entry, id=pk)
    context = {"entry": {**shown.entry(row), **shown.leaf(row)}, "proof": shown.proof(row)}
    return render(request, "office/entry.html", context)
