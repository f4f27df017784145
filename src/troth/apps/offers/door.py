"""Where a partner fetches its records: by the key of its part, one encrypted package at a time (share.joint-offers)."""

import time

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from troth.gate.errors import Refused
from troth.gate.problems import WORDS, Code, Trouble, speak

from . import delivering, partners
from .models import Part

MOST, SECONDS = 60, 60
"""Fetches by one key, and in how long."""
NO_KEY: tuple[Code, str, str] = (
    "not-signed-in",
    "no key to a joint offer was sent",
    "send one as `Authorization: Bearer troth_partner_…`",
)


@csrf_exempt  # no cookie counts here: the key is in the request
def package(request: HttpRequest) -> HttpResponse:
    """The next records: `after` is the last number that the partner has."""
    try:
        if request.method != "GET":
            raise Trouble(405, *WORDS[405])
        made = _delivered(request, _admitted(request))
        said = packed(made)
    except Trouble as trouble:
        said = JsonResponse(trouble.problem, status=trouble.status)
    except Refused as refused:
        said = speak(request, 403, refused.reason, refused.clause)
    if said.status_code == 405:
        said["Allow"] = "GET"
    said["Cache-Control"] = "no-store"
    return said


def packed(made: delivering.Package) -> HttpResponse:
    """A package as a file."""
    said = HttpResponse(made.content, content_type="application/octet-stream")
    said["Content-Disposition"] = f'attachment; filename="records-{made.upto}.zip.age"'
    said["Troth-Upto"], said["Troth-Records"] = str(made.upto), str(made.records)
    return said


def _admitted(request: HttpRequest) -> Part:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    part = partners.part_of(text.strip()) if scheme.lower() == "bearer" else None
    if part is None:
        raise Trouble(401, *NO_KEY)
    if is_too_often(part):
        raise Trouble(429, *WORDS[429])
    return part


def is_too_often(part: Part) -> bool:
    """Count one fetch by a part's key, wherever it comes in; True for more than a minute may have."""
    name = f"offer-door.{part.pk.hex}.{int(time.time() // SECONDS)}"
    cache.add(name, 0, 2 * SECONDS)
    try:
        return cache.incr(name) > MOST
    except ValueError:  # the memory was needed for something else meanwhile
        return False


def _delivered(request: HttpRequest, part: Part) -> delivering.Package:
    after = request.GET.get("after", "")
    if after and not (after.isascii() and after.isdigit() and len(after) < 10):
        raise Trouble(422, "invalid", "`after` is a number", WORDS[422][2], "after")
    try:
        return delivering.deliver(part, int(after) if after else None)
    except delivering.NoSuchNumber as wrong:
        raise Trouble(
            422, "invalid", str(wrong), "send the number of the last record you have", "after"
        ) from None
    except delivering.Busy as busy:
        raise Trouble(409, "changed", str(busy), "ask again") from None
