"""The last look at an answer before it leaves: what the gate refused can not have been shown."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..errors import Erased, GateError, KeyStoreError, Obstructed, Refused, SealError, Unfinished
from ..published import statement
from . import faults
from .actor import VISITOR

log = logging.getLogger("troth.gate")

STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Unfinished, 202), (Refused, 403), (Obstructed, 409), (Erased, 410), (KeyStoreError, 503), (DatabaseError, 503),
    (GateError, 500), (SealError, 500),
)  # fmt: skip

SAID_ALREADY = ("application/json", "application/problem+json")

Speaker = Callable[[HttpRequest, int, str, str | None], HttpResponse]

SPEAKERS: dict[str, Speaker] = {}
"""Whoever answers below a path in another form than a page: (request, status, reason, clause)."""


def spoken(
    request: HttpRequest, status: int, reason: str = "", clause: str | None = None
) -> HttpResponse | None:
    """The error in the form of the request's path, or None when that is a page."""
    for prefix in sorted(SPEAKERS, key=len, reverse=True):
        if request.path.startswith(prefix):
            return SPEAKERS[prefix](request, status, reason, clause)
    return None


def restated(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """An error page of Django's or ours, said in the form of the request's path."""
    if response.headers.get("Content-Type", "").startswith(SAID_ALREADY):
        return response
    said = spoken(request, response.status_code)
    if said is not None and "Allow" in response.headers:
        said["Allow"] = response["Allow"]
    return said or response


class UseMiddleware:
    """Sets the default actor; turns the gate's refusals, even swallowed ones, into 403, 409, 410, 500 or 503.

    An erasure that is begun and not ended is told as that: 202.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = VISITOR  # type: ignore[attr-defined]
        statement.try_refreshing()
        noted = faults.begin()
        try:
            response = self._get_response(request)
        finally:
            faults.end()
        if noted and not getattr(response, "is_refusal", False):
            return answer(request, noted[0])
        return restated(request, response) if response.status_code >= 400 else response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Django hook: an answer for the gate's own exceptions; others go on to Django."""
        return answer(request, error) if isinstance(error, tuple(kind for kind, _ in STATUS)) else None


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """The error page for a fault; the log gets its kind and clause, never a value or a traceback."""
    status = next(code for kind, code in STATUS if isinstance(error, kind))
    clause = getattr(error, "clause", None)
    log.warning("%s answered %d clause=%s view=%s", type(error).__name__, status, clause, _view(request))
    reason = error.reason if isinstance(error, Refused | Obstructed) else ""
    page = {"clause": clause, "reason": reason, "obstacles": getattr(error, "obstacles", [])}
    said = spoken(request, status, reason, clause) or render(request, f"{status}.html", page, status=status)
    said.is_refusal = True  # type: ignore[attr-defined]
    return said


def _view(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match else "?"
