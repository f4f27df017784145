"""Errors of the JSON API: one shape for all of them."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse

Code = Literal[
    "unreadable", "not-signed-in", "refused", "confirm-first", "not-found", "method-not-allowed", "not-ready",
    "obstructed", "changed", "erased", "too-large", "invalid", "too-many", "failed", "unavailable",
]  # fmt: skip


WORDS: dict[int, tuple[Code, str, str]] = {
    400: ("unreadable", "the request cannot be read", "send JSON in UTF-8, as the description says"),
    401: ("not-signed-in", "nobody is signed in", "sign in at /accounts/login/ and send the session's cookie"),
    403: ("refused", "this is not allowed", "send the token of the form cookie in X-CSRFToken, and the site as Origin"),
    404: ("not-found", "there is nothing of yours here", "ask for the list and take an id from it"),
    405: ("method-not-allowed", "this address does not know that method", "see /api/v1/openapi.json"),
    409: ("obstructed", "something stands in the way of this", "see what is said, and ask again when that is over"),
    410: ("erased", "this data was erased", "nothing is left to be done"),
    411: ("unreadable", "the request does not say how long it is", "send a Content-Length"),
    413: ("too-large", "the request is too large", "send less at once"),
    422: ("invalid", "the request does not fit the description", "correct the field that is named"),
    429: ("too-many", "too many requests", "wait a minute"),
    500: ("failed", "this failed, and nothing was half done", "try again; if it fails again, write to us"),
    503: ("unavailable", "this cannot be done just now, and nothing was lost", "try again in a minute"),
}  # fmt: skip


class Trouble(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, error: Code, what: str, advice: str, where: str | None = None) -> None:
        super().__init__(error)
        self.status, self.problem = status, problem(error, what, advice, where)


def problem(error: Code, what: str, advice: str, where: str | None = None) -> dict[str, Any]:
    """The one shape."""
    return {"error": error, "what": what, "where": where, "advice": advice}


def speak(request: HttpRequest, status: int, reason: str = "", clause: str | None = None) -> HttpResponse:
    """What the gate and the site's own error pages say below /api/."""
    error, what, advice = WORDS.get(status, WORDS[500])
    if reason:
        what, advice = reason, f"see clause {clause} of the privacy statement" if clause else advice
    return JsonResponse(problem(error, what, advice), status=status)


def missing(what: str = "there is nothing of yours here") -> Trouble:
    """For what is not there, and for what is somebody else's: nobody learns which."""
    return Trouble(404, "not-found", what, WORDS[404][2])
