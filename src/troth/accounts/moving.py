"""Django's session middleware behind tickets: what the browser holds moves, and the session's key stays here."""

import time
from typing import Literal

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control, patch_vary_headers

from . import families, sessions, tickets
from .binding import bindings
from .families import Let
from .levels import held

DEVICE_COOKIE = "__Host-device"
SAME_SITE: Literal["Lax"] = "Lax"
ARRIVED = "troth.arrived"
"""Where the door notes when a request's head came: a ticket is as old as it was then, however long the body took."""


class MovingSessions(SessionMiddleware):
    """The session cookie holds a ticket; inside, `request.COOKIES` holds the session's key under the same name."""

    def process_request(self, request: HttpRequest) -> None:
        # Whatever came under this name, nothing but a ticket that lets in is passed on.
        shown = request.COOKIES.pop(settings.SESSION_COOKIE_NAME, "")
        at = int(request.META.get(ARRIVED) or time.time())
        device, let = request.COOKIES.get(DEVICE_COOKIE, ""), families.NOBODY
        if shown:
            let = families.look(shown, device, at, _host(request), request.COOKIES.get(bindings.COOKIE, ""))
        request.let_in = let  # type: ignore[attr-defined]
        if let.session is None:
            request.session = sessions.SessionStore()
            return
        request.session = sessions.SessionStore(let.key, let.session)
        request.COOKIES[settings.SESSION_COOKIE_NAME] = let.key

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        name, let = settings.SESSION_COOKIE_NAME, request.let_in  # type: ignore[attr-defined]
        mine = response.cookies.pop(name, None)
        if let.has_just_left or getattr(request.session, "is_gone", False):
            # The browser may have a newer ticket already: this answer must not put another in its place.
            return response
        is_over = getattr(request, "is_signed_out", False)
        if let.unproven is not None and not is_over:
            # It may be whose ticket it is at its next request: no visitor's session takes its place unasked.
            return _asked(request, mine.value) if mine is not None and mine.value else response
        if is_over or (mine is not None and not mine.value):
            for each in (name, DEVICE_COOKIE, bindings.COOKIE):
                response.delete_cookie(each, samesite=SAME_SITE)
        elif mine is not None and mine.value != let.key:
            _begin(request, response, mine.value)
        elif let.family is not None and _may_move(request, response):
            _move(request, response, let)
        return response


def _host(request: HttpRequest) -> str:
    """Which of our hosts it came to: a ticket is of the one on which its session began."""
    return getattr(request, "host_kind", tickets.COMPANY)


def _asked(request: HttpRequest, key: str) -> HttpResponse:
    """In the place of a page that kept something for a visitor: whether to try again, or to let the session go."""
    sessions.end([sessions.kept_as(key)])
    return unproven_page(request, 409)


def unproven_page(request: HttpRequest, status: int = 200) -> HttpResponse:
    """What to do about a session whose device did not show itself."""
    again = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    answer = render(request, "account/unproven.html", {"again": again}, status=status)
    add_never_cache_headers(answer)
    return answer


def is_unproven(request: HttpRequest) -> bool:
    """Whether the browser has a session that it could not show its device for."""
    let: Let = request.let_in  # type: ignore[attr-defined]
    return let.unproven is not None


def sign_out_unproven(request: HttpRequest) -> str | None:
    """End the session of somebody whose device did not show itself; what the tables held of its key, if there was one.

    To sign out takes no proof: on a machine of others nobody is signed in again at the next page.  An old ticket, such
    as a copy, ends nothing: its browser forgets it.
    """
    let: Let = request.let_in  # type: ignore[attr-defined]
    if let.unproven is None:
        return None
    request.is_signed_out = True  # type: ignore[attr-defined]
    return str(let.unproven.session_id) if let.may_end else None


def _may_move(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether an answer may carry a new ticket: it changes nothing, comes whole and soon, and is for one reader."""
    is_shared = "public" in response.headers.get("Cache-Control", "")
    return request.method in ("GET", "HEAD") and not (
        response.streaming or response.status_code >= 500 or is_shared
    )


def _move(request: HttpRequest, response: HttpResponse, let: Let) -> None:
    at = int(time.time())
    arrived = int(request.META.get(ARRIVED) or at)
    # An answer that took long could bring a ticket that has been old since.
    if let.family is None or at - arrived > held.LEAST["grace"]:
        return
    ticket = families.due(let.family, at, lambda: held.here(request))
    if ticket is not None:
        patch_cache_control(response, private=True)
        _hand(response, str(ticket), request.COOKIES.get(DEVICE_COOKIE, ""))


def _begin(request: HttpRequest, response: HttpResponse, key: str) -> None:
    """A session that is new, or goes on under a new key: a family of its own."""
    held = request.COOKIES.get(DEVICE_COOKIE, "")
    device = held if tickets.is_device(held) else tickets.new_device()
    _hand(response, str(families.begin(key, device, _host(request))), device)
    kept, is_known = sessions.kept_as(key), SESSION_KEY in request.session
    if is_known and bindings.is_bound(kept):
        return
    if bindings.COOKIE in request.COOKIES:
        response.delete_cookie(bindings.COOKIE, samesite=SAME_SITE)
    if is_known:
        response["Secure-Session-Registration"] = bindings.offer(kept)


def _hand(response: HttpResponse, ticket: str, device: str) -> None:
    """Both cookies, always together and for the same time: neither is left without the other."""
    for name, value in ((settings.SESSION_COOKIE_NAME, ticket), (DEVICE_COOKIE, device)):
        response.set_cookie(
            name, value, max_age=settings.SESSION_COOKIE_AGE, secure=True, httponly=True,
            samesite=SAME_SITE,
        )  # fmt: skip
    patch_vary_headers(response, ("Cookie",))
