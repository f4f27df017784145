"""The pages of a company's people.  Whoever has no place in it learns nothing, not even that it exists."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.gate.subjects.obstacles import Obstructed
from troth.gate.uses import current_use, using

from . import closing, companies
from .doors import confirmed, is_confirmed, person_only, to_confirm
from .forms import CloseForm, CompanyNameForm, InvitationForm, RoleForm
from .models import MANAGERS, Customer, Invitation, Membership, Person, Role
from .own import person_of

View = Callable[..., HttpResponseBase]
SECTION = "account-people"
WITHHELD = "not shown: this person has limited the use of their data"


def in_company(view: View) -> View:
    """Find the reader's own place in the company that the address names; without one there is no such page."""

    @wraps(view)
    @never_cache
    @person_only
    def guarded(request: HttpRequest, customer: UUID, *args: Any, **kwargs: Any) -> HttpResponseBase:
        found = Customer.objects.filter(pk=customer).first()
        place = (
            found
            and Membership.objects.filter(owner=person_of(request).owner_id, customer=found.owner_id).first()
        )
        if not found or not place:
            raise Http404
        return view(request, place, *args, **kwargs)

    return guarded


@never_cache
@require_safe
@person_only
def people(request: HttpRequest) -> HttpResponse:
    """The way to the only company, or a choice of several, or of none."""
    places = Membership.objects.filter(owner=person_of(request).owner_id)
    if len(places) == 1:
        return redirect("account-company", companies.company_of(places[0]).pk)
    shown = []
    for place in places:
        customer = companies.company_of(place)
        with using(companies.PURPOSE, by=companies.acting(place), given=customer):
            shown.append({"pk": customer.pk, "name": customer.name, "role": place.get_role_display()})
    return render(request, "people/companies.html", {"companies": shown})


@require_safe
@in_company
def company(request: HttpRequest, place: Membership) -> HttpResponse:
    """A company's people and whom it has invited."""
    return _page(request, place)


def _page(request: HttpRequest, place: Membership, status: int = 200, **forms: Form) -> HttpResponse:
    customer, is_manager = companies.company_of(place), place.role in MANAGERS
    with using(companies.PURPOSE, by=companies.acting(place), given=customer):
        name = customer.name
        members = [_member(row, place) for row in Membership.objects.filter(customer=place.customer_id)]
        invited = Invitation.objects.filter(customer=place.customer_id)
        invitations = [
            {"pk": row.pk, "email": row.email, "role": row.get_role_display(), "ends_at": row.ends_at}
            for row in invited if is_manager
        ]  # fmt: skip
    context = {
        "section": SECTION, "customer": customer.pk, "company_name": name, "members": members, "invitations": invitations,
        "is_manager": is_manager, "is_owner": place.role == Role.OWNER, "roles": _roles(place),
        "invite_form": InvitationForm(roles=_roles(place)) if is_manager else None,
        "name_form": CompanyNameForm(initial={"name": name}) if is_manager else None, **forms,
    }  # fmt: skip
    return render(request, "people/people.html", context, status=status)


def _roles(place: Membership) -> list[tuple[str, str]]:
    """The roles that somebody may give."""
    return [
        (value, str(label))
        for value, label in Role.choices
        if place.role == Role.OWNER or value != Role.OWNER
    ]


def _member(row: Membership, reader: Membership) -> dict[str, Any]:
    person = Person.objects.get(owner=row.owner_id)
    is_open = current_use().is_open_to(person)
    is_managed = reader.role in MANAGERS and (reader.role == Role.OWNER or row.role != Role.OWNER)
    return {
        "pk": row.pk, "name": person.name if is_open else "", "email": person.email if is_open else WITHHELD,
        "role": row.role, "role_label": row.get_role_display(), "is_me": row.pk == reader.pk,
        "is_managed": is_managed and row.pk != reader.pk,
    }  # fmt: skip


def answered(view: View) -> View:
    """Say what cannot be done as things stand on the company's page, or where somebody lands who left it meanwhile."""

    @wraps(view)
    def guarded(request: HttpRequest, place: Membership, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, place, *args, **kwargs)
        except companies.NotNow as why:
            messages.error(request, str(why))
            is_here = Membership.objects.filter(pk=place.pk).exists()
            return redirect(_page_of(request)) if is_here else redirect("account-people")

    return guarded


def freshly(view: View) -> View:
    """Let those change who belongs to the company who confirmed who they are, within ten minutes; others do it first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if is_confirmed(request) else _confirm_first(request)

    return guarded


def _confirm_first(request: HttpRequest) -> HttpResponse:
    messages.info(request, "Nothing was changed yet. Confirm that it is you, then do it again.")
    return to_confirm(request, _page_of(request))


def _page_of(request: HttpRequest) -> str:
    """The page of the company that the address names."""
    return reverse("account-company", args=[request.resolver_match.kwargs["customer"]])  # type: ignore[union-attr]


def _back(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(_page_of(request))


def _of_here(place: Membership, member: UUID) -> UUID:
    """Somebody else's place in the same company, and no other."""
    if not Membership.objects.filter(pk=member, customer=place.customer_id).exists():
        raise Http404
    return member


@require_POST
@in_company
@answered
def invite(request: HttpRequest, place: Membership) -> HttpResponse:
    """Invite a colleague by mail; somebody who will run the company, after a fresh sign-in."""
    form = InvitationForm(request.POST, roles=_roles(place))
    if not form.is_valid():
        return _page(request, place, 422, invite_form=form)
    if form.cleaned_data["role"] in MANAGERS and not is_confirmed(request):
        return _confirm_first(request)
    companies.invite(place, form.cleaned_data["email"], form.cleaned_data["role"])
    return _back(request, "The invitation is on its way.")


@require_POST
@in_company
def withdraw(request: HttpRequest, place: Membership, invitation: UUID) -> HttpResponse:
    """Take an invitation back."""
    companies.withdraw(place, invitation)
    return _back(request, "The invitation is withdrawn, and the address erased.")


@require_POST
@in_company
@freshly
@answered
def role(request: HttpRequest, place: Membership, member: UUID) -> HttpResponse:
    """Give somebody another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    companies.change_role(place, _of_here(place, member), form.cleaned_data["role"])
    return _back(request, "The role is changed.")


@require_POST
@in_company
@freshly
@answered
def remove(request: HttpRequest, place: Membership, member: UUID) -> HttpResponse:
    """Take somebody's place away, or leave."""
    is_own = member == place.pk
    companies.remove(place, _of_here(place, member))
    if is_own:
        messages.success(request, "You have left the company.")
        return redirect("account")
    return _back(request, "They no longer belong to the company.")


@require_http_methods(["GET", "HEAD", "POST"])
@in_company
@confirmed
@answered
def hand_over(request: HttpRequest, place: Membership, member: UUID) -> HttpResponseBase:
    """Make somebody else the owner; asks first."""
    _of_here(place, member)
    if request.method == "POST":
        companies.hand_over(place, member)
        return _back(request, "The company is handed over. You are an administrator of it now.")
    customer = companies.company_of(place)
    with using(companies.PURPOSE, by=companies.acting(place), given=customer):
        to = _member(Membership.objects.get(pk=member), place)
        context = {
            "section": SECTION,
            "customer": customer.pk,
            "company_name": customer.name,
            "to": to,
            "is_owner": place.role == Role.OWNER,
        }
    return render(request, "people/hand_over.html", context)


@require_POST
@in_company
@answered
def rename(request: HttpRequest, place: Membership) -> HttpResponse:
    """Another name for the company."""
    form = CompanyNameForm(request.POST)
    if not form.is_valid():
        return _page(request, place, 422, name_form=form)
    companies.rename(place, form.cleaned_data["name"])
    return _back(request, "The company has its new name.")


@require_http_methods(["GET", "HEAD", "POST"])
@in_company
@confirmed
@answered
def close(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Close the company: says what goes, wants its name typed."""
    customer, form, obstacles = companies.company_of(place), CloseForm(request.POST or None), []
    with using(companies.PURPOSE, by=companies.acting(place), given=customer):
        name = str(customer.name)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["name"].strip().casefold() != name.strip().casefold():
            form.add_error("name", "This is not the name of this company. Nothing was closed.")
        else:
            try:
                closing.close(place)
            except Obstructed as obstructed:
                obstacles = obstructed.obstacles
            else:
                messages.success(request, "The company is closed.")
                return redirect("account")
    context = {
        "section": SECTION, "customer": customer.pk, "company_name": name, "form": form, "obstacles": obstacles,
        "is_owner": place.role == Role.OWNER,
        "others": Membership.objects.filter(customer=place.customer_id).count() - 1,
        "invitations": Invitation.objects.filter(customer=place.customer_id).count(),
    }  # fmt: skip
    status = 409 if obstacles else 422 if form.errors else 200
    return render(request, "people/close.html", context, status=status)
