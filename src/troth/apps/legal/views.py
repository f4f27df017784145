"""The public page on which anybody sees how often the law asked, and how often we decided ourselves."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from . import counting


@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """By year and kind, as the tens they lie in (clause share.legal)."""
    return render(request, "legal/counts.html", {"years": counting.by_year(timezone.now().year)})
