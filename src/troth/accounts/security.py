"""The page on which people see what protects their account and where they are signed in, and the ways out."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from uuid import UUID

from allauth.account import views as library
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.ratelimit import consume
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, remove_webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from troth.gate import watch

from . import moving, passwords, sessions, signins
from .adapter import SECOND_FACTORS, MFAAdapter
from .levels import held as levels
from .models import User

ASKED = watch.reports("address-asked", "troth.accounts.security:evenly")

SAME_FOR_ALL = 0.5
"""Seconds that a wrong password takes, and asking for a code: with an account there and without one."""

LONGEST_ADVISED = 1_000
NEWS = timedelta(days=7)


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - behind `login_required` there is one
    return user


@never_cache
@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponseBase:
    """What protects the account, the sessions that are open, and the last ones that ended."""
    user = _user(request)
    opened, ended = signins.shown(user.subject_id, request.session)
    values = levels.here(request)
    held = {each.type: each for each in Authenticator.objects.filter(user=user).order_by("created_at")}
    codes = held.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "opened": opened, "ended": ended, "copied": [each for each in ended if _is_news(each)],
        "others": len(opened) - any(each.is_this for each in opened),
        "has_password": user.has_usable_password(), "has_app": Authenticator.Type.TOTP in held,
        "passkeys": Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count(),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "idle_minutes": values["idle"], "longest_hours": values["longest"], "most": values["sessions"],
        "section": "account_security",
    }  # fmt: skip
    return render(request, "account/security.html", context)


def _is_news(ended: signins.Shown) -> bool:
    """Whether the page says above all else that this session ended because of a copy."""
    return ended.was_copied and ended.ended_at is not None and timezone.now() - ended.ended_at < NEWS


def _confirmed(request: HttpRequest) -> None:
    """Ending a session needs a fresh sign that it is they (ASVS 7.5.2); the act goes on after it."""
    if not did_recently_reauthenticate(request):
        raise ReauthenticationRequired


@require_POST
@login_required
def end_session(request: HttpRequest, sign_in: UUID) -> HttpResponse:
    """End one session, at once and wherever it is."""
    _confirmed(request)
    if not signins.end_one(_user(request).subject_id, sign_in):
        raise Http404
    messages.success(request, "That session has ended.")
    return redirect("account_security")


@require_POST
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    _confirmed(request)
    ended = signins.end_others(_user(request).subject_id, request.session)
    messages.success(
        request, "One other session has ended." if ended == 1 else f"{ended} other sessions have ended."
    )
    return redirect("account_security")


def sign_out(request: HttpRequest) -> HttpResponse:
    """The session dies here and what the browser kept of our pages dies there (ASVS 7.4.1, 14.3.1)."""
    if request.method == "POST" and (kept := moving.sign_out_unproven(request)):
        sessions.end([kept])
    response: HttpResponse = library.logout(request)
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def evenly(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A form that takes an address answers at the same moment whoever has an account, unless it lets somebody in."""

    @wraps(view)
    def held(request: HttpRequest) -> HttpResponse:
        begun = time.monotonic()
        response = view(request)
        # A whole office signs in at nine: whose password was right asked for nobody's address but their own.
        is_right = view is library.login and response.status_code == 302
        if request.method == "POST" and not is_right:
            watch.saw(ASKED, each=(watch.mark(request.POST.get("login") or request.POST.get("email", "")),))
        if request.method == "POST" and not request.user.is_authenticated:
            time.sleep(max(0.0, SAME_FOR_ALL - (time.monotonic() - begun)))
        return response

    return held


_sign_in = evenly(library.login)


def sign_in(request: HttpRequest) -> HttpResponse:
    """The library's page; who has a session that cannot show its device says first what becomes of that."""
    return moving.unproven_page(request) if moving.is_unproven(request) else _sign_in(request)


ask_reset = evenly(library.password_reset)


@never_cache
@require_POST
@sensitive_post_parameters("password")
def advise(request: HttpRequest) -> JsonResponse:
    """What the meter says while a password is typed.  Nothing of it is kept or logged; the form has the last word."""
    if not consume(request, action="password_advice"):
        return JsonResponse({"is_enough": False, "words": ""}, status=429)
    has_second_factor = request.user.is_authenticated and is_mfa_enabled(request.user, SECOND_FACTORS)
    typed = request.POST.get("password", "")[:LONGEST_ADVISED]
    answer = passwords.explain(typed, (), has_second_factor)
    return JsonResponse({"is_enough": answer.is_enough, "words": answer.words})


class ConfirmByPasskey(ReauthenticateWebAuthnView):
    """The library's page, which after a failure leads to the start page: here it asks again, and knows the way back."""

    def form_invalid(self, form: Form) -> HttpResponse:
        for told in form.errors.get("credential", []):
            messages.error(self.request, str(told))
        return redirect(self.passthrough_next_url(self.request.path))


@login_required
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    """The library's page; a short password never stays behind alone."""
    passkey = get_object_or_404(Authenticator, pk=pk, user=_user(request), type=Authenticator.Type.WEBAUTHN)
    if not MFAAdapter().can_delete_authenticator(passkey):
        messages.error(request, MFAAdapter.error_messages["cannot_delete_authenticator"])
        return redirect("account_change_password")
    response: HttpResponse = remove_webauthn(request, pk=pk)
    return response
