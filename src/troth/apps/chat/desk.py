"""Support staff: which rooms there are, new ones, what they are called, and whether anything more is said there."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import flows
from .forms import RoomForm
from .models import Room

TAKEN = "Another room has this address. Please choose another."

office_page("office-chat", "Chat rooms", Role.SUPPORT)


def _rooms() -> list[dict[str, Any]]:
    page = settings.TROTH_BASE_URLS["community"] + "/chat/"
    rooms = Room.objects.select_related("thread").order_by("name")
    return [
        {"room": each, "url": f"{page}{each.slug}/", "is_closed": each.thread.is_locked} for each in rooms
    ]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.SUPPORT)
def rooms(request: HttpRequest) -> HttpResponseBase:
    """All rooms, and the form of a new one."""
    form = RoomForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            flows.make(**form.cleaned_data)
        except flows.Taken:
            form.add_error("slug", TAKEN)
        else:
            messages.success(request, "The room is open.")
            return redirect("office-chat")
    context = {"rooms": _rooms(), "form": form, "days": flows.days()}
    return render(request, "chat/desk.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Role.SUPPORT)
def change(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Call a room something else."""
    room = get_object_or_404(Room, pk=which)
    form = RoomForm(request.POST if request.method == "POST" else None, room=room)
    if form.is_bound and form.is_valid():
        try:
            flows.change(room, **form.cleaned_data)
        except flows.Taken:
            form.add_error("slug", TAKEN)
        else:
            messages.success(request, "The room is changed.")
            return redirect("office-chat")
    return render(
        request, "chat/change.html", {"room": room, "form": form}, status=422 if form.errors else 200
    )


@require_POST
@staff_only(Role.SUPPORT)
def close(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Let nobody say anything more in a room, or let them again."""
    room = get_object_or_404(Room, pk=which)
    is_closed = request.POST.get("closed") == "yes"
    flows.close(room, is_closed=is_closed)
    messages.success(request, "The room is closed." if is_closed else "The room is open again.")
    return redirect("office-chat")
