"""The doors of people's own pages: who is signed in, and whether that is fresh enough."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

View = Callable[..., HttpResponseBase]


def person_only(view: View) -> View:
    """Let people with an account in; show others the way to sign in, and staff the wall.

    Staff are signed in already: the page to sign in would send them back here, and so on for ever.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.person:  # type: ignore[attr-defined]
            if request.user.is_authenticated:
                reason = "this page belongs to a person’s own account, and you are signed in as staff"
                return render(request, "403.html", {"reason": reason, "clause": None}, status=403)
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded


def confirmed(view: View) -> View:
    """Let those in who signed in, or confirmed who they are, within ten minutes; ask others to confirm it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_confirmed(request):
            back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("account")
            return to_confirm(request, back)
        return view(request, *args, **kwargs)

    return guarded


def people_confirm(view: View) -> View:
    """As `confirmed`, for people.  Staff have a password from the start, which the sign-in library asks for."""
    guarded = confirmed(view)

    @wraps(view)
    def parted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        chosen = guarded if request.person else view  # type: ignore[attr-defined]
        return chosen(request, *args, **kwargs)

    return parted


def to_confirm(request: HttpRequest, back: str) -> HttpResponse:
    """Where this browser proves who sits before it, and then comes back."""
    return redirect(f"{_way(request)}?{urlencode({'next': back})}")


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this browser proved within ten minutes who sits before it."""
    records = get_authentication_records(request, request.user)
    oldest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(oldest < record["at"] <= time.time() for record in records[-1:])


def _way(request: HttpRequest) -> str:
    """By what this person can confirm it: a password or a passkey, and for want of both a mailed code."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    return str(ways[0]["url"]) if ways else reverse("account-confirm")
