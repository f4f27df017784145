"""Who is in a workspace: its own people, those it was opened to, those who were asked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.people.models import Customer, Membership, Person
from troth.accounts.people.own import person_of
from troth.gate.uses import current_use, using

from . import letting_in
from .access import Access, enter, standing_for
from .doors import access_of, answered, let_in, shown, to
from .forms import OfferForm, RoleForm, SeatForm
from .models import Grant, Offer, Right, Role, Seat
from .sections import parts

OFFER = "workspace-offer"
WITHHELD = "not shown: this person has limited the use of their data"


@require_safe
@let_in()
def people(request: HttpRequest) -> HttpResponseBase:
    """Everybody who was let in, how far, and until when; to who was let into parts only, what is theirs of it."""
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponseBase:
    access = access_of(request)
    with enter(access):
        named = parts()
    context = {**_named(access, named), **forms}
    if may_share(access) and not access.workspace.is_companys:
        context.setdefault(
            "offer_form", _offer_form(access, named, initial={"part": request.GET.get("part")})
        )
    page = shown(lambda asked: TemplateResponse(asked, "workspaces/people.html", context, status=status))
    return page(request)


def _named(access: Access, named: dict[UUID, str]) -> dict[str, Any]:
    """Names of people, in a use of its own: the workspace is the ground on which they are shown."""
    row = access.workspace
    with using(letting_in.RUNNING, by=access.actor, given=row):
        seated = Seat.objects.filter(workspace=row.owner_id) if access.right else []
        seats = [_seat(each, access) for each in seated]
        granted = Grant.objects.filter(Grant.live(), owner=row.owner_id)
        grants = [_grant(each, access, named) for each in granted if _may_see(access, each)]
        offered = Offer.objects.filter(workspace=row.owner_id) if may_share(access) else []
        offers = [
            _offer(each, named)
            for each in offered
            if access.allows(Right.MANAGE) or each.giver_id in standing_for(access.person)
        ]
    context: dict[str, Any] = {"seats": seats, "grants": grants, "offers": offers, "roles": _roles(access)}
    if access.allows(Right.MANAGE) and row.customer_id and not row.is_companys:
        context["seat_form"] = _seat_form(access, {each["who"] for each in seats})
    return context


def _may_see(access: Access, grant: Grant) -> bool:
    """Guests see their own access, and what they passed on."""
    return access.is_seated or bool({grant.to_id, grant.giver_id} & set(standing_for(access.person)))


def _person(subject: UUID) -> dict[str, str]:
    found = Person.objects.filter(owner=subject).first()
    if found is None:
        return {"name": letting_in.company_name(subject), "email": "everybody in this company"}
    is_open = current_use().is_open_to(found)
    return {"name": found.name if is_open else "", "email": found.email if is_open else WITHHELD}


def _seat(row: Seat, access: Access) -> dict[str, Any]:
    is_managed = access.allows(Right.OWN) or (access.allows(Right.MANAGE) and row.role != Role.OWNER)
    return {
        "who": row.owner_id, "role": row.role, "role_label": row.get_role_display(),
        "is_me": row.owner_id == access.person,
        "is_managed": is_managed and row.owner_id != access.person, **_person(row.owner_id),
    }  # fmt: skip


def _grant(row: Grant, access: Access, named: dict[UUID, str]) -> dict[str, Any]:
    is_theirs = row.to_id == access.person or row.giver_id in standing_for(access.person)
    may_end = access.allows(Right.MANAGE) or is_theirs
    return {
        "pk": row.pk, "right": row.get_right_display(), "part": _part(row.part, named), "ends_at": row.ends_at,
        "is_managed": may_end, **_person(row.to_id),
    }  # fmt: skip


def _offer(row: Offer, named: dict[UUID, str]) -> dict[str, Any]:
    return {
        "pk": row.pk, "email": row.email, "right": row.get_right_display(), "part": _part(row.part, named),
        "ends_at": row.ends_at, "lapses_at": row.lapses_at,
    }  # fmt: skip


def _part(part: UUID | None, named: dict[UUID, str]) -> str:
    return named.get(part, "something that is gone") if part else "The whole workspace"


def _roles(access: Access) -> list[tuple[str, str]]:
    """The roles that somebody may give."""
    is_owner = access.allows(Right.OWN)
    return [(value, str(label)) for value, label in Role.choices if is_owner or value != Role.OWNER]


def may_share(access: Access) -> bool:
    """Whether somebody may share the workspace, or at least a part of it."""
    return access.allows(Right.SHARE) or any(right.reaches(Right.SHARE) for right in access.parts.values())


def _offer_form(access: Access, named: dict[UUID, str], data: Any = None, **more: Any) -> OfferForm:
    """What somebody may share, as a form."""
    theirs = {part: name for part, name in named.items() if access.allows(Right.SHARE, part)}
    return OfferForm(data, parts=theirs, may_whole=access.allows(Right.SHARE), **more)


def _seat_form(access: Access, seated: set[UUID], data: Any = None) -> SeatForm | None:
    """Those of the company who have no place here yet; None when all have one."""
    row = access.workspace
    members = Membership.objects.filter(customer=row.customer_id).exclude(owner__in=seated)
    customer, own = (
        Customer.objects.get(owner=row.customer_id),
        Membership.objects.filter(owner=access.person),
    )
    if not members or not own.filter(customer=row.customer_id).exists():
        return None
    with using(letting_in.RUNNING, by=access.actor, given=customer):
        choices = [(str(member.owner_id), _choice(member.owner_id)) for member in members]
    return SeatForm(data, people=choices, roles=_roles(access))


def _choice(subject: UUID) -> str:
    person = _person(subject)
    return f"{person['name']} ({person['email']})" if person["name"] else person["email"]


@require_POST
@let_in(Right.MANAGE, changes=True)
@answered("workspace-people")
def seat(request: HttpRequest) -> HttpResponseBase:
    """Let somebody of the company in."""
    access = access_of(request)
    seated = set(Seat.objects.filter(workspace=access.workspace.owner_id).values_list("owner_id", flat=True))
    form = _seat_form(access, seated, request.POST) if access.workspace.customer_id else None
    if form is None or not form.is_valid():
        return _page(request, 422, seat_form=form)
    letting_in.seat(access, UUID(form.cleaned_data["person"]), form.cleaned_data["role"])
    messages.success(request, "They have a place in the workspace now, and were told.")
    return to(request, "workspace-people")


@require_POST
@let_in(Right.MANAGE)
@answered("workspace-people")
def role(request: HttpRequest, person: UUID) -> HttpResponseBase:
    """Give somebody another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    letting_in.seat(access_of(request), person, form.cleaned_data["role"])
    messages.success(request, "The role is changed.")
    return to(request, "workspace-people")


@require_POST
@let_in()
@answered("workspace-people")
def unseat(request: HttpRequest, person: UUID) -> HttpResponse:
    """Take somebody's place away, or leave."""
    letting_in.unseat(access_of(request), person)
    is_me = person == access_of(request).person
    messages.success(request, "You have left the workspace." if is_me else "Their place is taken back.")
    return to(request, "workspace-people")


@require_POST
@let_in(changes=True)
@answered("workspace-people")
def offer(request: HttpRequest) -> HttpResponseBase:
    """Let somebody outside in, by mail."""
    access = access_of(request)
    with enter(access):
        form = _offer_form(access, parts(), request.POST)
        is_valid = form.is_valid()
    if not is_valid:
        return _page(request, 422, offer_form=form)
    told = form.cleaned_data
    letting_in.offer(
        access, told["email"], Right(told["right"]), part=told["part"], ends_at=told["last_day"],
        is_for_company=told["is_for_company"],
    )  # fmt: skip
    messages.success(request, "The message is on its way. Nothing is open to them until they accept.")
    return to(request, "workspace-people")


@require_POST
@let_in()
@answered("workspace-people")
def withdraw(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take an offer back."""
    letting_in.withdraw(access_of(request), which)
    messages.success(request, "The offer is withdrawn, and the address erased.")
    return to(request, "workspace-people")


@require_POST
@let_in()
@answered("workspace-people")
def revoke(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take access back, or give up one's own."""
    letting_in.revoke(access_of(request), which)
    messages.success(request, "The access has ended.")
    return to(request, "workspace-people")


# -- who was asked


@never_cache
@require_safe
def offer_open(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the message: remembers the offer and takes the token out of the address bar."""
    if letting_in.offer_of(token) is None:
        return render(request, "workspaces/offer_over.html", status=410)
    request.session[OFFER] = token
    return redirect("offer")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def offer_accept(request: HttpRequest) -> HttpResponseBase:
    """Accept it, signed in with the address that it went to."""
    found, person = letting_in.offer_of(request.session.get(OFFER, "")), person_of(request)
    if found is None or not letting_in.is_for(found, person):
        return render(request, "workspaces/offer_over.html", status=410)
    if request.method == "POST":
        try:
            workspace = letting_in.accept(found, person)
        except letting_in.Over:
            return render(request, "workspaces/offer_over.html", status=410)
        except NotNow as why:
            messages.error(request, str(why))
        else:
            del request.session[OFFER]
            messages.success(request, "The workspace is open to you.")
            return redirect("workspace-home", workspace.owner_id)
    context = {
        "section": "workspaces", "right": found.get_right_display(), "ends_at": found.ends_at,
        "is_part": bool(found.part), "is_for_company": found.is_for_company,
    }  # fmt: skip
    return render(request, "workspaces/offer.html", context)
