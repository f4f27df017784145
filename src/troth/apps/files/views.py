"""The pages of files: a folder, a file, the trash; the form that takes files in."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access, enter
from troth.workspaces.doors import access_of, let_in, shown
from troth.workspaces.models import Right
from troth.workspaces.sections import workspace_page

from . import flows, quota, reaching, showing
from .limits import trash_days
from .models import Document, Folder, Version
from .reaching import Placed
from .receiving import files_of

PER_PAGE = 100
MOST_AT_ONCE = 200

workspace_page(20, "workspace-files", "Files")


@require_safe
@let_in()
@shown
def folder(request: HttpRequest, folder: UUID | None = None) -> HttpResponseBase:
    """What lies in a folder, or at the top; for who was let into parts only, the top is those parts."""
    by = access_of(request)
    try:
        here = reaching.folder(by, folder)
    except Folder.DoesNotExist:
        raise Http404 from None
    page = Paginator(showing.entries(by, here), PER_PAGE).get_page(request.GET.get("page"))
    may_change = reaching.allows(by, Right.EDIT, here)
    context = {
        "folder": here, "path": showing.path(by, here), "page": page, "may_change": may_change,
        "may_share": here is not None and reaching.may_share(by, here), "may_trash": by.allows(Right.EDIT),
        "taken": quota.shown(quota.taken()), "most": quota.shown(quota.most()),
        "unfinished": showing.unfinished(by), "places": showing.places(by, here) if here and may_change else [],
    }  # fmt: skip
    return TemplateResponse(request, "files/folder.html", context)


# Pictures out of files come from the workspace host; no other page asks for anything from there.
_with_pictures = csp_update({"img-src": [SELF, settings.TROTH_BASE_URLS["workspace"]]})


@require_safe
@let_in()
def file(request: HttpRequest, document: UUID) -> HttpResponseBase:
    """A file: a look at it, its versions, and what can be done with it."""
    by = access_of(request)
    try:
        with enter(by):
            newest = reaching.version(by, document, None)
        look = showing.look(by, newest)
        page = shown(lambda asked: _file(asked, by, document, look))
        return (_with_pictures(page) if "picture" in look else page)(request)
    except (Document.DoesNotExist, Version.DoesNotExist):
        raise Http404 from None


def _file(request: HttpRequest, by: Access, document: UUID, look: dict[str, Any]) -> HttpResponseBase:
    found = reaching.document(by, document)
    may_change = reaching.allows(by, Right.EDIT, found)
    context = {
        "file": found, "name": found.name, "path": showing.path(by, found.folder), "look": look,
        "versions": showing.versions(found), "may_change": may_change,
        "may_share": reaching.may_share(by, found), "places": showing.places(by, found) if may_change else [],
    }  # fmt: skip
    return TemplateResponse(request, "files/file.html", context)


@csrf_exempt  # the token is in the form, behind whose files it would be looked for: it is checked below
@require_POST
@let_in(changes=True)
def upload(request: HttpRequest, folder: UUID | None = None) -> HttpResponseBase:
    """Take the files of a form in, sealed as they come."""
    by = access_of(request)
    try:
        with enter(by):
            reaching.must(by, Right.EDIT, reaching.folder(by, folder))
    except Folder.DoesNotExist:
        raise Http404 from None
    try:
        received = files_of(request, by)
    except NotNow as why:
        messages.error(request, str(why))
        return _to(by, folder)
    except UnreadablePostError:
        raise BadRequest("the form broke off") from None
    return _keep(request, by, folder, received)


@csrf_protect
def _keep(request: HttpRequest, by: Access, folder: UUID | None, received: list[Any]) -> HttpResponse:
    kept = 0
    for each in received[:MOST_AT_ONCE]:
        try:
            flows.keep(by, folder, each.name, each.whole(), each.kind)
        except NotNow as why:
            messages.error(request, str(why))
            break
        each.is_kept = True
        kept += 1
    if kept:
        messages.success(request, "The file is here." if kept == 1 else f"{kept} files are here.")
    elif not received:
        messages.error(request, "No file was chosen. Choose one or several first.")
    return _to(by, folder)


@require_POST
@let_in(changes=True)
def make_folder(request: HttpRequest) -> HttpResponseBase:
    """A new folder in the one named by `inside`."""
    by, inside = access_of(request), _id(request.POST.get("inside", ""))
    return _done(
        request, by, inside, lambda: flows.make_folder(by, inside, _name(request)), "The folder is there."
    )


@require_POST
@let_in(changes=True)
def change(request: HttpRequest, what: UUID) -> HttpResponseBase:
    """Rename, move or trash a file or folder, take it out of the trash, delete it for good, or delete an old version."""
    by, wanted = access_of(request), request.POST.get("act", "")
    with enter(by):
        found = showing.either(by, what)
        inside = found.folder_id if isinstance(found, Document) else found.parent_id
    back, words, act = _act(request, by, found, wanted, inside)
    return _done(request, by, back, act, words)


def _act(
    request: HttpRequest, by: Access, found: Placed, wanted: str, inside: UUID | None
) -> tuple[UUID | str | None, str, Callable[[], object]]:
    into = _id(request.POST.get("into", ""))
    acts: dict[str, tuple[UUID | str | None, str, Callable[[], object]]] = {
        "rename": (inside, "It has its new name.", lambda: flows.rename(by, found, _name(request))),
        "move": (into, "It was moved here.", lambda: flows.move(by, found, into)),
        "trash": (
            inside,
            f"It is in the trash for {trash_days(by.workspace.customer_id)} days.",
            lambda: flows.trash(by, found),
        ),
        "restore": ("trash", "It is back.", lambda: flows.restore(by, found)),
        "delete": ("trash", "It is deleted.", lambda: flows.throw_away(by, found)),
        "forget": (inside, "The version is deleted.", lambda: flows.forget(by, found, _number(request))),
    }
    if wanted not in acts:
        raise BadRequest("no such act")
    return acts[wanted]


def _done(
    request: HttpRequest, by: Access, back: UUID | str | None, act: Callable[[], object], words: str
) -> HttpResponse:
    try:
        act()
        messages.success(request, words)
    except NotNow as why:
        messages.error(request, str(why))
    if back == "trash":
        return redirect("workspace-trash", by.workspace.owner_id)
    return _to(by, back)  # type: ignore[arg-type]


@require_safe
@let_in(Right.EDIT)
@shown
def trash(request: HttpRequest) -> HttpResponseBase:
    """What was thrown away, and until when it can be taken out."""
    by = access_of(request)
    days = trash_days(by.workspace.customer_id)
    entries = showing.thrown(flows.in_trash(by), days)
    return TemplateResponse(request, "files/trash.html", {"entries": entries, "days": days})


def _to(by: Access, folder: UUID | None) -> HttpResponse:
    if folder is None:
        return redirect("workspace-files", by.workspace.owner_id)
    return redirect("workspace-folder", by.workspace.owner_id, folder)


def _name(request: HttpRequest) -> str:
    name = request.POST.get("name", "").strip()
    if not name:
        raise NotNow("Please give it a name.")
    return name


def _number(request: HttpRequest) -> int:
    said = request.POST.get("number", "")
    if not (said.isascii() and said.isdecimal() and len(said) < 9):
        raise BadRequest("no such version")
    return int(said)


def _id(said: str) -> UUID | None:
    try:
        return UUID(said) if said else None
    except ValueError:
        raise Http404 from None
