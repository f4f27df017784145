"""Tells the gate who acts: a member of staff by role, or a visitor."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from troth.gate.uses import VISITOR, Actor

from .models import StaffMember


class ActorMiddleware:
    """`request.actor` (for the gate) and `request.staff` (for pages), both looked up when first asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff = SimpleLazyObject(lambda: _staff(request))  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        response = self._get_response(request)
        # Pages of the sign-in library show secrets and bring no such header of their own.
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


def _staff(request: HttpRequest) -> StaffMember | None:
    user = request.user
    return StaffMember.objects.filter(user=user).first() if user.is_authenticated else None


def _actor(request: HttpRequest) -> Actor:
    staff: StaffMember | None = request.staff  # type: ignore[attr-defined]
    return Actor(staff.role, staff.owner_id, staff.country) if staff else VISITOR
