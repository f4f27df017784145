"""What anybody may see: the Services, what they work under, and what they cost; and where the processor calls."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from troth.gate import watch
from troth.gate.outbound import payments
from troth.gate.outbound.payments import Forged, ProcessorAway
from troth.gate.published import statement
from troth.gate.registry import built_at

from . import settling
from .forms import START, PriceForm
from .prices import Price, money, plans

built_at("catalogue", "troth.apps.buying.views:services")
FORGED = watch.reports("webhook-refused", "troth.apps.buying.views:hook")
MOST_BYTES = 64_000


@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """The list of Services with the clauses each works under, and a price before any data (clause scope.services)."""
    start = {**START, "country": settings.TROTH_COMPANY["company"]["country"]}
    form = PriceForm(request.GET if request.GET else start)
    found = form.cleaned_data.get("price") if form.is_valid() else None
    context = {
        "section": "services", "services": [_service(each) for each in settings.TROTH_COMPANY["services"]],
        "plans": [_plan(each) for each in plans()], "form": form, "price": found and told(found),
    }  # fmt: skip
    return render(
        request, "buying/services.html", context, status=422 if request.GET and form.errors else 200
    )


def _service(each: dict[str, Any]) -> dict[str, Any]:
    return {
        **each,
        "clauses": [{"id": clause, "title": statement.title(clause)} for clause in each["clauses"]],
    }


def _plan(plan: Any) -> dict[str, Any]:
    return {
        "name": plan.name, "first": f"{plan.first:,}", "last": f"{plan.last:,}", "base": money(plan.base, plan.currency),
        "each": money(plan.each, plan.currency) if plan.each else "",
    }  # fmt: skip


def told(price: Price) -> dict[str, Any]:
    """A price in words."""
    return {
        "plan": price.plan.name, "employees": price.employees, "period": price.period, "country": price.country,
        "net": money(price.net, price.currency), "tax": money(price.tax, price.currency) if price.tax else "",
        "tax_name": price.tax_name, "rate": price.rate_words, "gross": money(price.gross, price.currency),
    }  # fmt: skip


@never_cache
@csrf_exempt  # the processor signs what it says
@require_POST
def hook(request: HttpRequest, processor: str) -> HttpResponse:
    """A processor calls: 204 when it was taken in, now or before; 404 or 503 when it shall call again."""
    if processor not in payments.names():
        raise Http404
    if len(request.body) > MOST_BYTES:
        return HttpResponse(status=413)
    try:
        is_taken = settling.hear(processor, request.body, request.headers)
    except Forged:
        watch.saw(FORGED)
        return HttpResponse(status=400)
    except ProcessorAway:
        return HttpResponse(status=503)
    return HttpResponse(status=204 if is_taken else 404)
