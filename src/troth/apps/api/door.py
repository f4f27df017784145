"""The door of a workspace's API: who comes by which key, how often, whether it is the same request once more.

It stands around every address of the API, whichever app has it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase
from ninja.security import HttpBearer

from troth.accounts.levels import held as levels
from troth.accounts.levels.orders import is_in
from troth.gate import watch
from troth.gate.errors import GateError, SealError
from troth.gate.problems import WORDS, Trouble
from troth.gate.uses import middleware

from . import keys, limiting, once, problems
from .keys import Admitted

REFUSED = watch.reports("key-refused", "troth.apps.api.door:guarded")
Run = Callable[..., HttpResponseBase]


class ByKey(HttpBearer):
    """How the description says that a key is needed.  The door has looked at it; who did not pass it is nobody."""

    def authenticate(self, request: HttpRequest, token: str) -> Admitted | None:
        """Whoever the door let in."""
        return getattr(request, "admitted", None)


def guarded(run: Run) -> Run:
    """Let programs in by their keys alone: whoever else somebody is signed in as does not count here."""

    @wraps(run)
    def answer(request: HttpRequest, **where: Any) -> HttpResponseBase:
        standing: limiting.Standing | None = None
        try:
            by = _admit(request)
            standing = limiting.count(by.key.pk)
            said = _over(standing) if standing.is_over else _answered(request, by, run, where)
        except Trouble as trouble:
            said = problems.of(trouble)
        except (GateError, SealError, DatabaseError) as fault:
            said = middleware.answer(request, fault)
        for name, value in standing.headers.items() if standing else ():
            said[name] = value
        said["Cache-Control"] = "no-store"
        return said

    return answer


def _admit(request: HttpRequest) -> Admitted:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    by = keys.admitted(text.strip()) if scheme.lower() == "bearer" else None
    if by is None:
        watch.saw(REFUSED, each=(watch.mark(text.strip()),))
        error, what, advice = problems.WORDS_HERE[401]
        raise Trouble(401, error, what, advice)
    asked = levels.standings(by.key.person_id)
    if not all(is_in(request.META.get("REMOTE_ADDR", ""), each.values["networks"]) for each in asked):
        error, what, advice = problems.WORDS_HERE[403]
        raise Trouble(
            403,
            error,
            "the company’s settings let programs in only from its own networks",
            "call from one of them",
        )
    request.admitted, request.access, request.actor = by, by.access, by.access.actor  # type: ignore[attr-defined]
    return by


def _over(standing: limiting.Standing) -> HttpResponseBase:
    error, what, advice = problems.WORDS_HERE[429]
    said = problems.of(Trouble(429, error, what, advice))
    said["Retry-After"] = str(standing.seconds)
    return said


def _answered(request: HttpRequest, by: Admitted, run: Run, where: dict[str, Any]) -> HttpResponseBase:
    try:
        if request.method not in ("GET", "PUT"):  # the bytes of a file are read as they come
            _ = request.body
    except RequestDataTooBig:
        raise Trouble(413, *WORDS[413]) from None
    except UnreadablePostError:
        raise Trouble(400, *WORDS[400]) from None
    return once.answered(request, by, lambda: run(request, **where))
