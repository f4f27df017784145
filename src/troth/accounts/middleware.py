"""Tells the gate who acts: a member of staff by role, a person with an account, or a visitor."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from troth.gate.uses import VISITOR, Actor

from .models import StaffMember
from .people.models import Person


class ActorMiddleware:
    """`request.actor` for the gate, `request.staff` and `request.person` for pages; looked up when first asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = SimpleLazyObject(lambda: _staff(request))  # type: ignore[attr-defined]
        request.person = SimpleLazyObject(lambda: _person(request))  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self._get_response(request)
        # Pages of the sign-in library show secrets and bring no such header of their own.
        is_known = settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated
        if is_known and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


def _staff(request: HttpRequest) -> StaffMember | None:
    user = request.user
    return StaffMember.objects.filter(user=user).first() if user.is_authenticated else None


def _person(request: HttpRequest) -> Person | None:
    user = request.user
    if not user.is_authenticated:
        return None
    found: Person | None = Person.objects.filter(user=user, proven_at__isnull=False).first()
    return found


def _actor(request: HttpRequest) -> Actor:
    staff: StaffMember | None = request.staff  # type: ignore[attr-defined]
    if staff:
        return Actor(staff.role, staff.owner_id, staff.country)
    person: Person | None = request.person  # type: ignore[attr-defined]
    return Actor("data-subject", person.owner_id) if person else VISITOR
