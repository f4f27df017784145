"""Staff: appointing them, and the doors only they pass."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from troth.gate.registry import built_at, serves
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.subjects.register import ENDINGS
from troth.gate.uses import SYSTEM, act, using

from . import addresses
from .models import AddressHandle, Role, StaffMember, User

PLACE = "staff-invitation"
PURPOSE = serves("running-an-account")
built_at(PLACE, "troth.accounts.staff:appoint")

View = Callable[..., HttpResponseBase]


def appoint(name: str, address: str, role: str, country: str, password: str | None = None) -> StaffMember:
    """Make a person a member of staff with a role.  Raises ValueError, naming what cannot be."""
    with using(PURPOSE, by=SYSTEM, at=PLACE), act():
        return enrol(name, address, role, country, password)


def enrol(name: str, address: str, role: str, country: str, password: str | None = None) -> StaffMember:
    """The same within the use and the act that are open.  Raises ValueError."""
    if role not in Role.values:
        raise ValueError(f"no role `{role}`; the roles are {', '.join(Role.values)}")
    if not (len(country) == 2 and country.isascii() and country.isupper()):
        raise ValueError("a country is two capital letters of ISO 3166-1, such as CZ")
    if not name.strip():
        raise ValueError("a member of staff has a name; colleagues see it")
    handle = addresses.register(address)
    if User.objects.filter(email=handle).exists():
        raise ValueError("this address belongs to a member of staff already; appoint them under another one")
    subject = DataSubject.begin(Kind.STAFF)
    user = User.objects.create_user(subject, handle, password)
    EmailAddress.objects.create(user=user, email=handle, verified=True, primary=True)
    member = StaffMember(owner=subject, user=user, role=role, country=country, name=name, email=address)
    member.save(force_insert=True)
    return member


def end_sign_in(subject: str) -> None:
    """With an erased subject go their login, its handles and its second factors."""
    users = User.objects.filter(subject=subject)
    AddressHandle.objects.filter(handle__in=[user.email for user in users]).delete()
    users.delete()


ENDINGS.append(end_sign_in)


def staff_only(*roles: str) -> Callable[[View], View]:
    """Let the named roles in (any staff when none is named), with a second factor; show others the way or the wall."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            staff: StaffMember | None = request.staff  # type: ignore[attr-defined]
            if not staff or (roles and staff.role not in roles):
                return _wall(request)
            if settings.TROTH_SECOND_FACTOR and not is_mfa_enabled(request.user):
                return redirect("mfa_activate_totp")
            return view(request, *args, **kwargs)

        guarded.staff_roles = roles  # type: ignore[attr-defined]
        return guarded

    return guard


def _wall(request: HttpRequest) -> HttpResponse:
    return render(
        request, "403.html", {"reason": "your role does not open this page", "clause": None}, status=403
    )
