"""The office's page of who works here: they are invited, given another role, signed out, let go and let in again."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts import staffing
from troth.accounts.models import SignIn, StaffMember
from troth.accounts.people.doors import is_confirmed, to_confirm
from troth.accounts.staff import PURPOSE, staff_only
from troth.gate.registry import office_page
from troth.gate.uses import current_use, using

from .forms import RoleForm, StaffForm

View = Callable[..., HttpResponseBase]

office_page("office-staff", "Staff", *staffing.MANAGERS)


@never_cache
@require_safe
@staff_only(*staffing.MANAGERS)
def page(request: HttpRequest) -> HttpResponse:
    """Who works here, who left, and the form to invite somebody."""
    return _page(request)


def _page(request: HttpRequest, form: StaffForm | None = None) -> HttpResponse:
    me: StaffMember = request.staff  # type: ignore[attr-defined]
    with using(PURPOSE, by=request.actor):  # type: ignore[attr-defined]
        rows = list(StaffMember.everybody.order_by("pk"))
        opening, signed_in = current_use(), _signed_in(rows)
        members = [
            _line(row, me, *signed_in.get(row.owner_id, (0, None))) for row in rows if opening.is_open_to(row)
        ]
    order = sorted(members, key=lambda each: each["name"].casefold())
    context = {
        "members": [each for each in order if not each["left_at"]], "left": [each for each in order if each["left_at"]],
        "roles": [(role.value, role.label) for role in staffing.roles_given_by(me)], "kept": staffing.kept_for(),
        "form": form or StaffForm(roles=staffing.roles_given_by(me)), "section": "office-staff",
    }  # fmt: skip
    return render(request, "office/staff.html", context, status=422 if form else 200)


def _signed_in(rows: list[StaffMember]) -> dict[UUID, tuple[int, Any]]:
    """How many sessions of each are open, and when they were last seen, to the hour."""
    noted = SignIn.objects.filter(owner__in=[row.owner_id for row in rows]).order_by()
    found = noted.values("owner").annotate(opened=Count("pk", filter=Q(ended_at=None)), seen=Max("seen_at"))
    return {each["owner"]: (each["opened"], each["seen"]) for each in found}


def _line(row: StaffMember, me: StaffMember, sessions: int, seen_at: Any) -> dict[str, Any]:
    return {
        "pk": row.pk, "name": row.name, "email": row.email, "role": row.role, "role_label": row.get_role_display(),
        "country": row.country, "left_at": row.left_at, "is_me": row.pk == me.pk, "sessions": sessions,
        "seen_at": seen_at, "may_change": staffing.may_change(me, row),
    }  # fmt: skip


def changing(view: View) -> View:
    """For those who run the installation, after a fresh sign-in; what cannot be done is said on the page of the staff."""

    @wraps(view)
    @require_POST
    @staff_only(*staffing.MANAGERS)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_confirmed(request):
            messages.info(request, "Nothing was changed yet. Confirm that it is you, then do it again.")
            return to_confirm(request, reverse("office-staff"))
        try:
            return view(request, request.staff, *args, **kwargs)  # type: ignore[attr-defined]
        except staffing.NotNow as why:
            messages.error(request, str(why))
            return redirect("office-staff")

    return guarded


@changing
def invite(request: HttpRequest, me: StaffMember) -> HttpResponse:
    """Invite somebody to work here; they get one message, and choose their own password."""
    form = StaffForm(request.POST, roles=staffing.roles_given_by(me))
    if form.is_valid():
        told = form.cleaned_data
        try:
            staffing.invite(me, told["name"], told["email"], told["role"], told["country"])
        except staffing.NotNow:
            raise
        except ValueError as why:
            form.add_error(None, f"{why}."[:1].upper() + f"{why}."[1:])
        else:
            return _back(request, "The invitation is on its way.")
    return _page(request, form)


@changing
def role(request: HttpRequest, me: StaffMember, pk: UUID) -> HttpResponse:
    """Give somebody another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    staffing.change_role(me, _found(pk), form.cleaned_data["role"])
    return _back(request, "The role is changed.")


def _found(pk: UUID) -> StaffMember:
    found: StaffMember | None = StaffMember.everybody.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("office-staff")


def _done(change: Callable[[StaffMember, StaffMember], None], said: str) -> View:
    """A button of somebody's line, with no field of its own."""

    @changing
    def press(request: HttpRequest, me: StaffMember, pk: UUID) -> HttpResponse:
        change(me, _found(pk))
        return _back(request, said)

    return press


again = _done(staffing.invite_again, "The invitation is on its way once more.")
sign_out = _done(staffing.end_sessions, "They are signed out everywhere.")
begin_anew = _done(staffing.begin_anew, "They choose a password anew, and set up a second step.")
let_go = _done(staffing.let_go, "Their access has ended.")
take_back = _done(staffing.take_back, "They are let in again, with the role they had.")
