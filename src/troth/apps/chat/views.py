"""The pages of chat rooms: the list, a room with its composer, what is new in it, joining and leaving."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.doors import person_only
from troth.gate.ids import uuid7
from troth.posting import composing, shown
from troth.posting.drafts import Draft
from troth.posting.forms import ComposerForm
from troth.posting.models import Post, longest_of

from . import flows, news
from .models import KIND, Room

BY_SCRIPT = "X-Line"
"""A header that only a page's script sends: the answer is then no page, but what the script goes on with."""


@never_cache
@require_safe
def rooms(request: HttpRequest) -> HttpResponse:
    """All rooms."""
    listed = Room.objects.select_related("thread").order_by("name")
    return render(request, "chat/rooms.html", {"rooms": listed, "section": "chat"})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A room as it is now; who is signed in can say something."""
    here = get_object_or_404(Room.objects.select_related("thread"), slug=slug)
    if not request.person:  # type: ignore[attr-defined]
        if request.method == "POST":
            return person_only(room)(request, slug)
        return render(request, "chat/room.html", _context(request, here))
    me = composing.author_of(request)
    form = composing.form_for(request, me.owner, KIND)
    form.fields["body"].widget.attrs |= {"rows": 2, "maxlength": longest_of(KIND)}
    context = _context(request, here, me.owner)

    def send(form: ComposerForm, draft: Draft) -> str:
        line = flows.say(me, here, form.row_id, draft)
        news.watch(slug).hurry()
        if line.state == Post.State.QUEUED:
            messages.success(request, "A moderator looks at it before it appears.")
        return reverse("chat-room", args=[slug])

    answer = composing.answered(request, form, "chat/room.html", context, send)
    if answer.status_code == 302 and BY_SCRIPT in request.headers:
        return JsonResponse({"submission": signing.dumps(uuid7().hex, salt=form.place)}, status=201)
    return answer


def _context(request: HttpRequest, here: Room, owner: UUID | None = None) -> dict[str, Any]:
    """The page of a room.  Somebody who does not want to read everybody has a page of their own."""
    state = news.watch(here.slug).ask()
    before = request.GET.get("before", "")
    is_earlier = before.isascii() and before.isdecimal() and len(before) < 9
    lines, is_own = state.lines, bool(owner and shown.unread_by(owner))
    if is_earlier or is_own:
        said = news.window(here.thread_id, int(before) if is_earlier else state.last + 1, owner)
        lines = tuple(news.line_of(each) for each in said)
    return {
        "room": here, "state": state, "lines": lines, "is_earlier": is_earlier, "is_own": is_own,
        "first": lines[0].said.number if lines else 0, "days": flows.days(),
        "presence": flows.presence(owner, here) if owner else None, "section": "chat", "every": news.EVERY,
    }  # fmt: skip


@require_safe
def lines(request: HttpRequest, slug: str) -> HttpResponse:
    """What is new in a room since the state that a page shows (`after`); 304 when that is the state it is in."""
    watched = news.watch(slug)
    state = watched.ask()
    watched.count(_number(request.GET.get("every", "")), _uuid(request.headers.get("X-Here", "")))
    name = f'"{state.tag}"'
    if request.headers.get("If-None-Match") == name:
        answer = HttpResponse(status=304)
    elif "own" in request.GET and request.person:  # type: ignore[attr-defined]
        answer = HttpResponse(_own(request, slug, state))
    else:
        answer = HttpResponse(watched.answer(state, request.GET.get("after", "")))
    answer["ETag"] = name
    answer["Cache-Control"] = "no-store"
    return answer


def _own(request: HttpRequest, slug: str, state: news.State) -> str:
    """All lines for somebody who does not want to read everybody."""
    thread = get_object_or_404(Room, slug=slug).thread_id
    said = news.window(thread, state.last + 1, composing.author_of(request).owner)
    return news.fragment(state, [news.line_of(each) for each in said], is_whole=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@require_POST
@person_only
def join(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say that one is here."""
    here = get_object_or_404(Room, slug=slug)
    try:
        flows.join(composing.author_of(request).owner, here)
    except flows.NotPosted as why:
        messages.error(request, str(why))
    news.watch(slug).hurry()
    return redirect("chat-room", slug)


@require_POST
@person_only
def leave(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Be here no more."""
    here = get_object_or_404(Room, slug=slug)
    flows.leave(composing.author_of(request).owner, here)
    news.watch(slug).hurry()
    return redirect("chat-room", slug)
