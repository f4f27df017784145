"""The office's list of recipients: who outside may hold what, and who has yet to confirm a correction or an erasure."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.accounts.staff import staff_only
from troth.gate.registry import FIGURES, Figure, office_page
from troth.gate.telling import recipients, shown
from troth.gate.telling.models import Told

from .views import MAIL_READERS, PAGE

READERS = MAIL_READERS

office_page("office-recipients", "Recipients", *READERS)
FIGURES.append(Figure("Recipients overdue", "to confirm", "office-recipients", shown.overdue))


@never_cache
@require_safe
@staff_only(*READERS)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Companies, kinds of data and counts; whose data it was stands nowhere on it (clause rights.update)."""
    page = Paginator(shown.unconfirmed(), PAGE).get_page(request.GET.get("page"))
    page.object_list = [_line(told) for told in page.object_list]
    context = {
        "recipients": shown.listed(), "page": page, "without_desk": shown.without_desk(),
        "is_held": settings.TROTH_MAIL_HELD,
    }  # fmt: skip
    return render(request, "office/recipients.html", context)


def _line(told: Told) -> dict[str, Any]:
    return {
        "name": recipients.name(told.recipient, told.desk), "kind": told.kind, "state": told.state, "count": told.count,
        "category": recipients.kind(told.category) if told.category else "", "number": told.pk.hex,
        "made_at": told.made_at, "told_at": told.told_at,
        "has_desk": recipients.registered(told.recipient, told.desk) is not None,
    }  # fmt: skip
