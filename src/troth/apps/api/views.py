"""The page of a workspace's keys, and the page that describes the API."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people import notices
from troth.accounts.people.models import Person
from troth.gate.uses import current_use, using
from troth.workspaces import letting_in
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, answered, let_in, shown, to
from troth.workspaces.models import Right
from troth.workspaces.sections import parts, workspace_page

from . import keys, reference
from .forms import KeyForm
from .models import RIGHTS, ApiKey

workspace_page(82, "workspace-api", "API")
PAGE = "workspace-api"
TOLD_ALREADY = (
    "This key is made already, and was shown then. If you did not copy it, end it and make another one."
)


@require_http_methods(["GET", "HEAD", "POST"])
@let_in()
@answered("workspace-home")
def page(request: HttpRequest) -> HttpResponseBase:
    """The keys, and a form for one more.  A new key is shown in the answer to its form and never again."""
    access, form, made = access_of(request), _form(request), None
    if request.method == "POST" and form.is_valid():
        made = _made(request, access, form)
        if made is None:
            return to(request, PAGE)
        form = _form(request, fresh=True)
    with enter(access):
        people = {key.person_id for key in keys.listed(access)}
    names = _names(access, people)
    view = shown(lambda asked: _page(asked, form, made, names))
    return view(request)


def _made(request: HttpRequest, access: Access, form: KeyForm) -> str | None:
    told = form.cleaned_data
    if access.workspace.ended_at is not None:
        messages.error(request, "This workspace has ended: it gets no new keys.")
        return None
    made = keys.make_key(
        access, told["name"], told["right"], told["part"], told["last_day"], told["submission"]
    )
    if made is None:
        messages.error(request, TOLD_ALREADY)
    else:
        page = settings.TROTH_BASE_URLS["company"] + reverse(PAGE, args=[access.workspace.owner_id])
        notices.tell(access.person, "A key to your workspace was made", LETTER.format(page=page))
    return made


LETTER = (
    "Somebody who is signed in as you made a key by which programs get into one of your workspaces.\n\n"
    "If it was not you, end it with one press and change how you sign in:\n{page}\n"
)


def _form(request: HttpRequest, *, fresh: bool = False) -> KeyForm:
    access = access_of(request)
    data = request.POST if request.method == "POST" and not fresh else None
    with enter(access):
        open_parts = _open_parts(access)
    days = keys.longest_days(access.workspace)
    return KeyForm(data, parts=open_parts, is_whole=access.right is not None, days=days)


def _open_parts(access: Access) -> dict[UUID, str]:
    """What a key can be narrowed to.

    The apps name all their parts: who was let into some only is offered nothing narrower than these together.
    """
    return parts() if access.right is not None else {}


def _page(request: HttpRequest, form: KeyForm, made: str | None, names: dict[UUID, str]) -> HttpResponseBase:
    """Runs inside the use."""
    access = access_of(request)
    named = _open_parts(access)
    context = {
        "form": form, "made": made, "keys": [_line(key, access, named, names) for key in keys.listed(access)],
        "is_manager": access.allows(Right.MANAGE),
    }  # fmt: skip
    return TemplateResponse(request, "api/keys.html", context, status=422 if form.errors else 200)


def _line(key: ApiKey, access: Access, named: dict[UUID, str], names: dict[UUID, str]) -> dict[str, Any]:
    is_mine = key.is_of(access.person)
    whole = "The whole workspace" if access.right is not None else "Everything that is open to you"
    ends = keys.ends_at(key, keys.longest_days(access.workspace))
    return {
        "pk": key.pk, "name": key.name, "who": "You" if is_mine else names.get(key.person_id, "Somebody"),
        "right": key.get_right_display(), "part": named.get(key.part, "Something that is gone") if key.part else whole,
        "last_day": ends - timedelta(seconds=1), "has_ended": ends <= timezone.now(), "last_used_at": key.last_used_at,
    }  # fmt: skip


def _names(access: Access, people: set[UUID]) -> dict[UUID, str]:
    """Names of those who made keys, in a use of its own: the workspace is the ground on which they are shown."""
    others = people - {access.person}
    if not others:
        return {}
    row = access.workspace
    with using(letting_in.RUNNING, by=access.actor, given=row):
        found = Person.objects.filter(owner__in=others)
        return {
            person.owner_id: person.name
            for person in found
            if row.covers(person) and current_use().is_open_to(person)
        }


@require_POST
@let_in()
@answered(PAGE)
def end(request: HttpRequest, key: UUID) -> HttpResponse:
    """End a key, with one press."""
    keys.end_key(access_of(request), key)
    messages.success(request, "The key has ended. Whatever still uses it is let in no more.")
    return to(request, PAGE)


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """The API, described out of itself."""
    context = {"section": "workspaces", **reference.described(), "rights": [each.label for each in RIGHTS]}
    return render(request, "api/reference.html", context)
