"""The bytes of files: downloads with ranges (RFC 9110, section 14), and pictures for a look, on a host of their own.

What Customers keep never runs in the company's pages: it leaves as an attachment, or from the workspace host, where no
cookie of the company host is sent, under a policy that allows nothing.
"""

import re
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.workspaces.access import Access, enter, find
from troth.workspaces.doors import access_of, let_in
from troth.workspaces.models import Right, Workspace

from . import kinds, reaching
from .models import Document, Version

LOOK_SECONDS = 300
AWAY = "This file cannot be read just now. It is not lost: please try again in a few minutes."
LARGEST_PICTURE = 50_000_000
_SALT = "files.look"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_LOOK_POLICY = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'"


@require_safe
@let_in()
def download(request: HttpRequest, document: UUID, number: int | None = None) -> HttpResponseBase:
    """A version of a file, the newest without a number; all of it, or the one range that was asked for."""
    return sent(request, access_of(request), document, number)


def sent(request: HttpRequest, by: Access, document: UUID, number: int | None) -> HttpResponseBase:
    """The answer with a version's bytes, whichever door the request came through.  Raises Http404."""
    kept, name, kind = _found(by, document, number)
    answer = _answer(request, by, kept)
    if answer.status_code in (200, 206):
        answer["Content-Type"] = kind
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
        answer["Content-Security-Policy"] = _LOOK_POLICY
    return answer


def _found(by: Access, document: UUID, number: int | None) -> tuple[Version, str, str]:
    try:
        with enter(by):
            kept = reaching.version(by, document, number)
            return kept, str(kept.document.name), str(kept.media_type)
    except (Document.DoesNotExist, Version.DoesNotExist):
        raise Http404 from None


def _answer(request: HttpRequest, by: Access, kept: Version) -> HttpResponseBase:
    tag = f'"{kept.pk}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    span = asked_range(request.headers.get("Range", ""), kept.size)
    if request.headers.get("If-Range", tag) != tag:
        span = None
    if span is not None and span[0] >= span[1]:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{kept.size}", "ETag": tag})
    start, stop = span or (0, kept.size)
    headers: dict[str, Any] = {"ETag": tag, "Accept-Ranges": "bytes", "Content-Length": stop - start}
    if span:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{kept.size}"
    pieces = reaching.stream(by, kept, start, stop) if request.method == "GET" else iter(())
    try:
        first = next(pieces, b"")
    except OSError:  # where files lie with a provider who does not answer
        return HttpResponse(
            AWAY, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "60"}
        )
    return StreamingHttpResponse(chain([first], pieces), status=206 if span else 200, headers=headers)


def asked_range(said: str, size: int) -> tuple[int, int] | None:
    """The bytes from the first up to, and without, the second; an empty span for one that cannot be satisfied.

    None when all of it is to be sent: nothing was asked for, or something we do not serve, such as several ranges.
    """
    found = _RANGE.fullmatch(said.replace(" ", ""))
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size


def look_at(by: Access, kept: Version) -> str:
    """The address of a picture on the workspace host, for this person and five minutes."""
    token = signing.dumps([kept.owner_id.hex, by.person.hex, kept.pk.hex], salt=_SALT)
    return str(settings.TROTH_BASE_URLS["workspace"]) + reverse(
        "file-look", "troth.config.urls_workspace", args=[token]
    )


@never_cache
@require_safe
def look(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture, to whoever has the link that its page made for them, for as long as they have access."""
    try:
        workspace, person, version = (
            UUID(each) for each in signing.loads(token, salt=_SALT, max_age=LOOK_SECONDS)
        )
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    row = Workspace.objects.filter(owner=workspace).first()
    by = row and find(row, person)
    if by is None or not row:
        raise Http404
    kept, kind = _picture(by, version)
    answer = _answer(request, by, kept)
    answer["Content-Type"] = kind
    answer["Content-Security-Policy"] = _LOOK_POLICY
    return answer


def _picture(by: Access, version: UUID) -> tuple[Version, str]:
    with enter(by):
        kept = Version.objects.filter(pk=version).select_related("stored", "document__folder").first()
        if kept is None or kept.document.is_gone or not reaching.allows(by, Right.VIEW, kept.document):
            raise Http404
        if not is_picture(kept):
            raise Http404
        return kept, str(kept.media_type)


def is_picture(kept: Version) -> bool:
    """Whether a version is shown as a picture; asked inside a use."""
    return kept.media_type in kinds.IMAGES and kept.size <= LARGEST_PICTURE
