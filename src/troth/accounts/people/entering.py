"""Pages for those who have no account yet: registration, its code, and the link of an invitation.

Each page answers the same, whether an address is known or not.
"""

from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.gate.codes import codes
from troth.gate.registry import ARRIVALS, made_known, remember_ticks, ticks
from troth.gate.uses import SYSTEM, using

from . import companies, registering
from .forms import CodeForm, JoiningForm, RegistrationForm
from .models import Customer, Invitation, Person

BEGUN, INVITED = "registration", "invitation"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponseBase:
    """Registration (clauses collect.contact, security.credentials)."""
    if request.person:  # type: ignore[attr-defined]
        return redirect("account")
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        remember_ticks(request)
        return _begin(request, form.personal(), form.cleaned_data["password"], None)
    context = {
        "form": form,
        "ticks": ticks(request),
        "notice": registering.notice(),
        "notice_clause": registering.NOTICE,
    }
    return render(request, "people/register.html", context, status=422 if form.errors else 200)


def _begin(
    request: HttpRequest, values: dict[str, str], password: str, invitation: Invitation | None
) -> HttpResponse:
    person, code = registering.begin(values, password, invitation)
    request.session[BEGUN] = {
        "person": person.hex, "code": code.hex, "invitation": invitation.pk.hex if invitation else "",
    }  # fmt: skip
    return redirect("register-code")


def _begun(request: HttpRequest) -> tuple[Person, UUID, Invitation | None, bool] | None:
    """What this browser began, and whether an invitation that it began with is gone."""
    held = request.session.get(BEGUN)
    person = Person.objects.filter(pk=held["person"], proven_at=None).first() if held else None
    if held is None or person is None:
        return None
    asked = held["invitation"]
    invitation = Invitation.objects.filter(pk=asked).first() if asked else None
    return person, UUID(held["code"]), invitation, bool(asked) and invitation is None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponseBase:
    """The code that went to the address; with it the account is opened and signed in."""
    begun = _begun(request)
    if begun is None:
        return redirect("register")
    person, sent, invitation, is_gone = begun
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if is_gone:
                raise companies.Over
            registering.finish(person, sent, form.cleaned_data["code"], invitation)
        except codes.CodeRefused as refused:
            form.add_error("code", refused.reason)
        except registering.Taken:
            del request.session[BEGUN]
            return render(request, "people/taken.html", status=409)
        except companies.Over:
            del request.session[BEGUN]
            return render(request, "people/join_over.html", {"is_other": False}, status=410)
        else:
            return _welcome(request, person)
    return render(request, "people/register_code.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Another code, for a message that did not come."""
    begun = _begun(request)
    if begun is None:
        return redirect("register")
    person, _, invitation, _ = begun
    sent = registering.send_again(person, invitation)
    request.session[BEGUN] = {**request.session[BEGUN], "code": sent.hex}
    messages.success(request, "We sent another code. Only the newest one works.")
    return redirect("register-code")


def _welcome(request: HttpRequest, person: Person) -> HttpResponse:
    for name in (BEGUN, INVITED):
        request.session.pop(name, None)
    person.user.refresh_from_db()
    # The code is as fresh a sign as there can be: whoever makes a passkey now is not asked for another at once.
    record_authentication(request, person.user, method="code", reauthenticated=True)
    login(request, person.user, backend=BACKEND)
    for arrived in ARRIVALS:
        arrived(request, person.owner_id)
    made_known(request, person.owner_id, RegistrationForm.place)
    messages.success(request, "Your account is open.")
    return redirect("account" if person.user.has_usable_password() else "mfa_add_webauthn")


# -- invitations


@never_cache
@require_safe
def join_open(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation: remembered in this browser's session and taken out of the address bar."""
    invitation = companies.invitation_of(token)
    if invitation is None:
        return render(request, "people/join_over.html", {"is_other": False}, status=410)
    request.session[INVITED] = invitation.pk.hex
    return redirect("join")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponseBase:
    """Accept an invitation: by registering, or with the account of the address it went to."""
    held = request.session.get(INVITED)
    invitation = Invitation.objects.filter(pk=held).first() if held else None
    if invitation is None or not invitation.is_live():
        return render(request, "people/join_over.html", {"is_other": False}, status=410)
    person: Person | None = request.person  # type: ignore[attr-defined]
    if person:
        return _accept(request, invitation, person)
    with using("signing-in", by=SYSTEM):
        address = invitation.email
    form = JoiningForm(request.POST or None, email=address)
    if request.method == "POST" and form.is_valid():
        return _begin(
            request, {**form.personal(), "email": address}, form.cleaned_data["password"], invitation
        )
    context = {
        **_about(invitation), "form": form, "notice": registering.notice(), "notice_clause": registering.NOTICE,
        "sign_in": f"{reverse('account_login')}?next={reverse('join')}",
    }  # fmt: skip
    return render(request, "people/join.html", context, status=422 if form.errors else 200)


def _accept(request: HttpRequest, invitation: Invitation, person: Person) -> HttpResponse:
    if not companies.is_for(invitation, person):
        return render(request, "people/join_over.html", {"is_other": True}, status=403)
    if request.method != "POST":
        return render(request, "people/join.html", {**_about(invitation), "form": None})
    try:
        companies.accept(invitation, person)
    except companies.Over:
        return render(request, "people/join_over.html", {"is_other": False}, status=410)
    request.session.pop(INVITED, None)
    messages.success(request, "You have joined.")
    return redirect("account")


def _about(invitation: Invitation) -> dict[str, Any]:
    """The company's name, shown to whoever holds the link: the company sent it there."""
    customer: Customer = Customer.objects.get(owner=invitation.customer_id)
    with using(companies.PURPOSE, by=SYSTEM, given=customer):
        return {"company_name": customer.name, "role_label": invitation.get_role_display()}
