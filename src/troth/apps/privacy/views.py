"""The pages of one's own data: what we hold, who used it, who received it, choices, receipts."""

import re
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.doors import person_only
from troth.gate.journal.models import Entry
from troth.gate.registry import OWN_CARDS
from troth.gate.subjects import access, limits
from troth.gate.telling.shown import shown as corrections_of
from troth.gate.uses.history import history, mine, receipt

from . import cards, shown
from .forms import EVERYBODY, ChoiceForm, UsesFilter
from .opening import gather, own_page, subject_of

PAGE = 50
MENU = {"section": "own-privacy"}
"""Which item of the account's menu these pages stand under."""


@require_safe
@own_page
def overview(request: HttpRequest) -> HttpResponseBase:
    """Your privacy: a card for each thing one can ask, with few figures; the pages behind hold the rest."""
    gather(request)
    subject = subject_of(request)
    drawn = [render_to_string(card.template, card.build(request, subject), request) for card in OWN_CARDS]
    context = {
        "cards": drawn, "held": cards.held(request, subject)["total"], **cards.uses(request, subject),
    }  # fmt: skip
    return TemplateResponse(request, "privacy/overview.html", context)


@require_safe
@own_page
def held(request: HttpRequest) -> HttpResponseBase:
    """What we hold, row by row."""
    gather(request)
    number = page_number(request)
    rows, has_next = held_rows((number - 1) * PAGE, PAGE, subject_of(request))
    context = {
        "rows": rows, "number": number, "before": number - 1, "after": number + 1 if has_next else 0, **MENU,
    }  # fmt: skip
    return TemplateResponse(request, "privacy/held.html", context)


def held_rows(start: int, count: int, subject: Any, show: Any = shown.row) -> tuple[list[Any], bool]:
    """Some of the rows about a subject, and whether there are more; each is closed again when it is told."""
    told: list[Any] = []
    for position, one in enumerate(islice(access.held(subject), start + count + 1)):
        if position == start + count:
            return told, True
        if position >= start:
            told.append(show(one))
        access.release(one)
    return told, False


def page_number(request: HttpRequest) -> int:
    """The page asked for; the first one for anything that is no number."""
    asked = request.GET.get("page", "")
    return max(1, int(asked)) if re.fullmatch("[0-9]{1,5}", asked) else 1


@require_safe
@own_page
def uses(request: HttpRequest) -> HttpResponseBase:
    """Who used it: by role, with the clause, what and when."""
    everything = mine().order_by()
    form = UsesFilter(
        request.GET or None,
        roles=sorted(set(everything.values_list("recipient", flat=True)) - {shown.OWN_LOOK}),
        purposes=sorted(set(everything.values_list("purpose", flat=True))),
    )
    page = Paginator(filtered(form.cleaned_data if form.is_valid() else {}), PAGE).get_page(
        request.GET.get("page")
    )
    page.object_list = [shown.use(each) for each in history(page.object_list)]
    is_filtered = any(request.GET.get(name) for name in form.fields)
    context = {"page": page, "filter_form": form, "is_filtered": is_filtered, **MENU}
    return TemplateResponse(request, "privacy/uses.html", context)


def filtered(wanted: dict[str, Any]) -> QuerySet[Entry]:
    """The person's entries, newest first, by role, purpose and kind; without a role, those of others."""
    found, role = mine(), wanted.get("role", "")
    if role not in ("", EVERYBODY):
        found = found.filter(recipient=role)
    elif not role:
        found = found.exclude(recipient=shown.OWN_LOOK)
    if wanted.get("purpose"):
        found = found.filter(purpose=wanted["purpose"])
    return found.filter(kind=int(wanted["kind"])) if wanted.get("kind") else found


@require_safe
@own_page
def received(request: HttpRequest) -> HttpResponseBase:
    """Who outside received something: recipient, country, fields, when; and who was told of a correction."""
    page = Paginator(mine().filter(kind=cards.SENT), PAGE).get_page(request.GET.get("page"))
    page.object_list = [shown.use(each) for each in history(page.object_list)]
    corrections = [each for each in corrections_of(subject_of(request)) if each.told]
    return TemplateResponse(
        request, "privacy/received.html", {"page": page, "corrections": corrections, **MENU}
    )


@require_safe
@own_page
def choices(request: HttpRequest) -> HttpResponseBase:
    """The limits in force, each with a way to lift it, and those that can be set."""
    standing = limits.of(subject_of(request))
    objected = {limit.purpose for limit in standing}
    possible = [(name, label) for name, label in limits.objectionable().items() if name not in objected]
    context = {
        "limits": [cards.limit_line(each) for each in standing], "possible": possible,
        "is_restricted": any(each.kind == limits.Limit.Kind.RESTRICTION for each in standing), **MENU,
    }  # fmt: skip
    return TemplateResponse(request, "privacy/choices.html", context)


@never_cache
@require_POST
@person_only
def choose(request: HttpRequest) -> HttpResponse:
    """Set a limit or lift one; it holds from the next use on."""
    form, subject = ChoiceForm(request.POST), subject_of(request)
    if not form.is_valid():
        messages.error(request, "That choice is not one of those on this page. Nothing was changed.")
        return redirect("own-choices")
    messages.success(request, _chosen(subject, form.cleaned_data, request.actor))  # type: ignore[attr-defined]
    return redirect("own-choices")


def _chosen(subject: Any, wanted: dict[str, Any], by: Any) -> str:
    if wanted["act"] == "restrict":
        limits.restrict(subject, by)
        return "From now on we keep your data and do not use it."
    if wanted["act"] == "object" and wanted["purpose"]:
        limits.object_to(subject, wanted["purpose"], by)
        return f"From now on we do not use your data for this: {shown.purpose(wanted['purpose'])}."
    limits.lift(subject, wanted["limit"] or 0, by)
    return "The limit is lifted."


def own_entry(entry: str) -> Entry:
    """An entry of the record, if it is about the person; for others it does not exist."""
    found = mine().filter(id=entry).first()
    if found is None:
        raise Http404
    return found


@require_safe
@own_page
def receipt_page(request: HttpRequest, entry: str) -> HttpResponseBase:
    """One use of the person's data, to read, print and check."""
    used, *_ = history([own_entry(entry)])
    context = {"receipt": shown.receipt(used, receipt(entry)), **MENU}
    return TemplateResponse(request, "privacy/receipt.html", context)


@require_safe
@own_page
def receipt_json(request: HttpRequest, entry: str) -> HttpResponse:
    """The receipt as a file that `python -m troth.verify` checks without us."""
    own_entry(entry)
    answer = HttpResponse(receipt(entry).to_json() + "\n", content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="receipt.json"'
    return answer
