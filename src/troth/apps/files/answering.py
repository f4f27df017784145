"""Uploads in several goes, for scripts: answers in JSON.  Who sends them is signed in, and sends the form's token."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse, UnreadablePostError
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from troth.accounts.people.companies import NotNow
from troth.gate.files.continuing import Busy
from troth.workspaces.access import enter
from troth.workspaces.doors import access_of, let_in

from . import sending
from .models import Document, Upload
from .quota import TooLarge
from .sending import Misplaced

View = Callable[..., HttpResponseBase]


def in_json(view: View) -> View:
    """Say what cannot be done in JSON: `error` for people, and `offset` where that helps."""

    @wraps(view)
    def said(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Misplaced as why:
            return JsonResponse({"error": str(why), "offset": why.offset}, status=409)
        except TooLarge as why:
            return JsonResponse({"error": str(why)}, status=413)
        except NotNow as why:
            return JsonResponse({"error": str(why)}, status=422)
        except Busy:
            why_busy = "Another piece of this upload is on its way just now. Try again in a moment."
            return JsonResponse({"error": why_busy}, status=423, headers={"Retry-After": "2"})
        except UnreadablePostError:
            return JsonResponse({"error": "The piece broke off. What came is kept."}, status=400)

    return said


@require_POST
@let_in(changes=True)
@in_json
def begin(request: HttpRequest) -> HttpResponseBase:
    """Announce a file: `name`, `size`, and perhaps `folder`, `sha256`, `mark`."""
    told = request.POST
    size = told.get("size", "")
    if not (size.isascii() and size.isdecimal() and len(size) <= 15):
        raise NotNow("The size of a file is a number of bytes.")
    try:
        folder = UUID(told["folder"]) if told.get("folder") else None
    except ValueError:
        raise NotNow("The folder is given by its id.") from None
    made = sending.begin(
        access_of(request),
        folder,
        told.get("name", ""),
        int(size),
        told.get("sha256", ""),
        told.get("mark", ""),
    )
    return JsonResponse(_state(made), status=201)


def _state(upload: Upload) -> dict[str, Any]:
    file = upload.stored
    return {"upload": str(upload.pk), "offset": file.size, "size": upload.size, "piece": sending.PIECE}


@require_http_methods(["GET", "HEAD", "PUT"])
@let_in()
@in_json
def upload(request: HttpRequest, upload: UUID) -> HttpResponseBase:
    """How far an upload is; or its next piece, from `offset` on."""
    by = access_of(request)
    with enter(by):
        found = sending.find(by, upload)
    if found is None:
        return JsonResponse({"error": "There is no such upload, or it is finished."}, status=404)
    if request.method == "PUT":
        offset = request.GET.get("offset", "")
        if not (offset.isascii() and offset.isdecimal() and len(offset) <= 15):
            raise NotNow("Say with `offset` where the piece begins.")
        if by.workspace.ended_at is not None:
            raise NotNow("This workspace has ended: nothing in it is changed any more.")
        sending.send(by, found, int(offset), request.read)
    return JsonResponse(_state(found))


@require_POST
@let_in(changes=True)
@in_json
def finish(request: HttpRequest, upload: UUID) -> HttpResponseBase:
    """Keep the file.  Asked again, it answers the same."""
    by = access_of(request)
    with enter(by):
        found = sending.find(by, upload)
        done: Document | None = None if found else sending.finished(by, upload)
    if found is not None:
        done = sending.finish(by, found)
    if done is None:
        return JsonResponse({"error": "There is no such upload."}, status=404)
    return JsonResponse({"file": reverse("workspace-file", args=[by.workspace.owner_id, done.pk])})


@require_POST
@let_in()
@in_json
def drop(request: HttpRequest, upload: UUID) -> HttpResponseBase:
    """Give an upload up, with what came of it."""
    by = access_of(request)
    with enter(by):
        found = sending.find(by, upload)
    if found is not None:
        sending.let_go(by, found)
    if request.POST.get("back"):
        return redirect("workspace-files", by.workspace.owner_id)
    return JsonResponse({})
