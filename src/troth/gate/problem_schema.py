"""The one shape of the JSON API's errors, as django-ninja describes and gives it.

Apart from `problems`, which every process loads: the library is loaded only where the API is.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from .problems import WORDS, Code, Trouble, problem, speak


class Problem(Schema):
    """What went wrong, in which part of the request (where that can be said), and what to do."""

    error: Code
    what: str
    where: str | None = Field(None, description="The field of the request that is meant")
    advice: str


COMMON = dict.fromkeys((400, 401, 403, 405, 410, 422, 503), Problem)
"""The answers that any address may give beside its own."""


def install(api: NinjaAPI) -> None:
    """Give every error of the library the one shape."""

    @api.exception_handler(Trouble)
    def _(request: HttpRequest, trouble: Any) -> HttpResponse:
        return JsonResponse(trouble.problem, status=trouble.status)

    @api.exception_handler(Http404)
    def _(request: HttpRequest, error: Any) -> HttpResponse:
        return speak(request, 404)

    @api.exception_handler(HttpError)
    def _(request: HttpRequest, error: Any) -> HttpResponse:
        return speak(request, error.status_code)

    @api.exception_handler(ValidationError)
    def _(request: HttpRequest, error: Any) -> HttpResponse:
        first = error.errors[0] if error.errors else {}
        # The library's own text may repeat what was sent; the kind of the fault does not.
        loc = first.get("loc", ())
        where = ".".join(str(part) for part in (loc[2:] if loc[:1] == ("body",) else loc[1:])) or None
        told = problem("invalid", f"this does not fit: {first.get('type', 'unknown')}", WORDS[422][2], where)
        return JsonResponse(told, status=422)
