"""Keeps those out who do not come as their company asks: from its networks, by the factors it wants.

They stay signed in and can see to it: set a second step up, confirm by a passkey, end their sessions, leave the company.
For everything else they are a visitor, so that a page that forgot about this shows nothing either.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers

from troth.gate.uses import VISITOR, using

from . import sessions
from .binding import bindings
from .levels import admitting, held
from .levels.admitting import Coming, Factor, Refusal
from .levels.held import Standing
from .models import User
from .people import companies
from .people.models import Membership
from .tickets import COMPANY

OPEN = frozenset((
    "account_security", "account_end_others", "account_end_session", "account_logout", "account_reauthenticate",
    "account_change_password", "account_set_password", "password_advice", "account-confirm", "account-confirm-send",
    "company-leave", "mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_deactivate_totp",
))  # fmt: skip
"""What stays open to them: the ways to come as they are asked to, and the ways out."""

View = Callable[..., HttpResponse]


class Wall:
    """Asks at each request of somebody signed in whether their companies let them in as they come."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.kept_out = []  # type: ignore[attr-defined]
        response = self._get_response(request)
        shut: list[Refusal] = request.kept_out  # type: ignore[attr-defined]
        if shut and _is_sent_to_sign_in(response):
            response = render(
                request, "account/kept_out.html", {"companies": _named(request, shut)}, status=403
            )
        if shut:
            add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, view: View, args: Any, kwargs: Any) -> None:
        """Make a visitor of whoever is kept out, before the page asks who is there."""
        # A visitor without a cookie is nobody, and costs no look.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return
        shut = kept_out(request)
        name = request.resolver_match.url_name if request.resolver_match else ""
        if shut and name not in OPEN:
            request.kept_out_person = request.user.subject_id  # type: ignore[attr-defined]
            request.user = AnonymousUser()
            request.staff, request.person, request.actor = None, None, VISITOR  # type: ignore[attr-defined]
            request.kept_out = shut  # type: ignore[attr-defined]


def kept_out(request: HttpRequest) -> list[Refusal]:
    """What keeps whoever is signed in out; nothing for whose companies chose nothing, after one look."""
    user = request.user
    asked = held.on(request)
    if not isinstance(user, User) or not asked:
        return []
    return admitting.refusals(asked, coming(request, user, asked))


def coming(request: HttpRequest, user: User, asked: list[Standing]) -> Coming:
    """How somebody signed in comes to us now; of their device only where they are asked for it."""
    by = admitting.factor_of(get_authentication_records(request, user))
    if getattr(request, "host_kind", COMPANY) != COMPANY:
        by = (
            Factor.PASSKEY
        )  # a session begins there by crossing alone, and they were asked on the company host
    is_bound = any(each.values["device"] == "needed" for each in asked) and bindings.may_be_bound(
        sessions.kept_as(str(request.session.session_key))
    )
    return Coming(request.META.get("REMOTE_ADDR", ""), by, admitting.has_second_factor(user), is_bound)


def _named(request: HttpRequest, shut: list[Refusal]) -> list[dict[str, Any]]:
    """The companies that keep somebody out, each with its reasons; without a number for what we ask of everybody."""
    person: UUID = request.kept_out_person  # type: ignore[attr-defined]
    ours = [each for each in shut if each.customer is None]
    name = settings.TROTH_COMPANY["company"]["name"]
    found: list[dict[str, Any]] = [{"pk": None, "name": name, "reasons": ours}] if ours else []
    for place in Membership.objects.filter(owner=person, customer__in={each.customer for each in shut}):
        customer = companies.company_of(place)
        with using(companies.PURPOSE, by=companies.acting(place), given=customer):
            reasons = [each for each in shut if each.customer == place.customer_id]
            found.append({"pk": customer.pk, "name": customer.name, "reasons": reasons})
    return found


def _is_sent_to_sign_in(response: HttpResponse) -> bool:
    try:
        page = reverse("account_login")
    except NoReverseMatch:
        return False
    return response.status_code == 302 and response.headers.get("Location", "").startswith(page)
