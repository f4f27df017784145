"""A person's own pages: the overview of their account, confirming who they are, moving to another address."""

from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.gate.codes import codes
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, OwnData, act, using

from . import flows
from .companies import acting, company_of
from .doors import View, confirmed, person_only, to_confirm
from .forms import CodeForm, NewAddressForm
from .models import Membership, NewAddress, Person
from .registering import Taken

SHOWING, SIGNING_IN = serves("showing-own-data"), serves("signing-in")
CONFIRM = "confirm-sign-in"


def person_of(request: HttpRequest) -> Person:
    """Who is signed in; behind the door there is somebody."""
    found: Person = request.person  # type: ignore[attr-defined]
    return found


@never_cache
@require_safe
@person_only
def account(request: HttpRequest) -> HttpResponse:
    """The overview of the account."""
    person = person_of(request)
    with using(SHOWING, by=request.actor, given=OwnData(person.owner_id)):  # type: ignore[attr-defined]
        shown: dict[str, Any] = {"name": person.name, "email": person.email, "phone": person.phone}
    shown["places"] = [_place(row) for row in Membership.objects.filter(owner=person.owner_id)]
    shown["since"] = person.proven_at
    shown["has_password"] = person.user.has_usable_password()
    return render(request, "people/account.html", shown)


def _place(membership: Membership) -> dict[str, Any]:
    customer = company_of(membership)
    with using(flows.PURPOSE, by=acting(membership), given=customer):
        return {"company": customer.name, "role": membership.get_role_display(), "pk": customer.pk}


# -- confirming who one is, for want of a password, a passkey and an app


def by_code_alone(view: View) -> View:
    """For those who have nothing else to confirm it with: others are sent to what they have, since mail is less."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if get_adapter().get_reauthentication_methods(request.user):
            return to_confirm(
                request, request.POST.get("next") or request.GET.get("next") or reverse("account")
            )
        return view(request, *args, **kwargs)

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
@by_code_alone
def confirm(request: HttpRequest) -> HttpResponseBase:
    """Type the code that was mailed."""
    form, sent = CodeForm(request.POST or None), request.session.get(CONFIRM)
    back = request.POST.get("next") or request.GET.get("next") or ""
    if request.method == "POST" and form.is_valid():
        try:
            codes.redeem(UUID(sent or "0" * 32), CONFIRM, form.cleaned_data["code"])
        except codes.CodeRefused as refused:
            form.add_error("code", refused.reason)
        else:
            record_authentication(request, person_of(request).user, method="code", reauthenticated=True)
            is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=True)
            return redirect(back if is_ours else "account")
    context = {"form": form, "is_sent": bool(sent), "next": back}
    return render(request, "people/confirm.html", context, status=422 if form.errors else 200)


@require_POST
@person_only
@by_code_alone
def confirm_send(request: HttpRequest) -> HttpResponse:
    """Mail the code."""
    person = person_of(request)
    with using(SIGNING_IN, by=SYSTEM), act():
        sent = codes.send(CONFIRM, person.owner_id, person.email, words="to confirm that it is you")
    request.session[CONFIRM] = sent.hex
    messages.success(request, "We sent you a code.")
    back = urlencode({"next": request.POST.get("next", "")})
    return redirect(f"{reverse('account-confirm')}?{back}")


# -- another address


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
@confirmed
def email(request: HttpRequest) -> HttpResponseBase:
    """Where the account is to move: a code goes there, a notice to the old address."""
    form, person = NewAddressForm(request.POST or None), person_of(request)
    if request.method == "POST" and form.is_valid():
        flows.ask_to_move(person, form.cleaned_data["email"])
        return redirect("account-email-code")
    with using(SHOWING, by=request.actor, given=OwnData(person.owner_id)):  # type: ignore[attr-defined]
        context = {"form": form, "email": person.email}
    return render(request, "people/email.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
@confirmed
def email_code(request: HttpRequest) -> HttpResponseBase:
    """The code that went to the new address."""
    person = person_of(request)
    wish = NewAddress.objects.filter(owner=person.owner_id).first()
    if wish is None:
        return redirect("account-email")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            flows.move(person, wish, form.cleaned_data["code"])
        except codes.CodeRefused as refused:
            form.add_error("code", refused.reason)
        except Taken:
            messages.error(request, "That address has an account of its own, so this one stays where it is.")
            return redirect("account-email")
        else:
            messages.success(request, "Your account has moved. Sign in with the new address from now on.")
            return redirect("account")
    return render(request, "people/email_code.html", {"form": form}, status=422 if form.errors else 200)
