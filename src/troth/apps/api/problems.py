"""Errors of a workspace's API, as problem details (RFC 9457)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from troth.gate.problems import WORDS, Code, Trouble, problem

TYPE = "application/problem+json"

WORDS_HERE: dict[int, tuple[Code, str, str]] = {
    **WORDS,
    401: ("not-signed-in", "no key that is in use was sent", "send one as `Authorization: Bearer troth_…`"),
    403: (
        "refused",
        "this key does not allow this",
        "see what it is for, or make another one in the workspace",
    ),
    404: (
        "not-found",
        "there is nothing here that is open to this key",
        "ask for the list and take an id from it",
    ),
    405: ("method-not-allowed", "this address does not know that method", "see the description of the API"),
    429: ("too-many", "too many requests by this key", "wait as long as Retry-After says"),
}
TITLES: dict[Code, str] = {
    "unreadable": "The request cannot be read",
    "not-signed-in": "No key that is in use was sent",
    "refused": "This is not allowed",
    "not-found": "There is nothing here that is open to this key",
    "method-not-allowed": "This address does not know that method",
    "obstructed": "Something stands in the way of this",
    "changed": "Somebody changed it meanwhile",
    "erased": "This data was erased",
    "too-large": "The request is too large",
    "invalid": "The request does not fit",
    "too-many": "Too many requests",
    "failed": "This failed, and nothing was half done",
    "unavailable": "This cannot be done just now",
}
"""One for each kind of problem."""


def told(status: int, said: dict[str, Any]) -> HttpResponse:
    """One problem as an answer."""
    error: Code = said["error"]
    page = settings.TROTH_BASE_URLS["company"] + reverse("api-reference", "troth.config.urls")
    details = {
        "type": f"{page}#problem-{error}", "title": TITLES.get(error, "This failed"), "status": status,
        "detail": said["what"], "error": error, "where": said["where"], "advice": said["advice"],
        **{name: said[name] for name in ("faults", "offset") if name in said},
    }  # fmt: skip
    answer = JsonResponse(details, status=status, content_type=TYPE)
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="workspace"'
    return answer


def of(trouble: Trouble) -> HttpResponse:
    """Trouble as an answer."""
    return told(trouble.status, trouble.problem)


def speak(request: HttpRequest, status: int, reason: str = "", clause: str | None = None) -> HttpResponse:
    """What the gate and the site's own error pages say below the API's addresses."""
    error, what, advice = WORDS_HERE.get(status, WORDS_HERE[500])
    if reason:
        what, advice = reason, f"see clause {clause} of the privacy statement" if clause else advice
    return told(status, problem(error, what, advice))
