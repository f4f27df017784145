"""The public register of service providers (clause share.providers)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import shown


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """Each provider with its country, its duties and what it may have; nobody's data is on it."""
    return render(request, "providers/register.html", {"providers": shown.register()})
