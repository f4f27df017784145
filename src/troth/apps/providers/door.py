"""The API of a duty, for programs of its provider: what the duty is, the next records, reports (clause share.providers).

A key opens one duty and nothing else; there is no id in any address that could be another's.
"""

import json
import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from troth.gate.duties import handing, registering, reporting, rules
from troth.gate.duties.models import Duty, ProviderKey
from troth.gate.duties.rules import NotSo, Said
from troth.gate.errors import Refused
from troth.gate.problems import WORDS, Code, Trouble, speak

from . import shown

LONGEST_BODY = 64_000
MOST, SECONDS = 120, 60
"""Requests of one key, and in how long."""

NO_KEY: tuple[Code, str, str] = (
    "not-signed-in",
    "no key to a duty that stands was sent",
    "send one as `Authorization: Bearer troth_duty_…`",
)

View = Callable[[HttpRequest, Duty], dict[str, Any]]


def by_key(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """Let the holder of a key that stands do one thing, and say what is wrong in the API's one shape."""

    def bind(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt  # no cookie counts here: the key is in the request
        @wraps(view)
        def answer(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != method:
                    raise Trouble(405, *WORDS[405])
                said: HttpResponse = JsonResponse(view(request, _admitted(request).duty))
            except Trouble as trouble:
                said = JsonResponse(trouble.problem, status=trouble.status)
            except Refused as refused:
                said = speak(request, 403, refused.reason, refused.clause)
            if said.status_code == 405:
                said["Allow"] = method
            said["Cache-Control"] = "no-store"
            return said

        return answer

    return bind


def _admitted(request: HttpRequest) -> ProviderKey:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = registering.key_of(text.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise Trouble(401, *NO_KEY)
    window = int(time.time() // SECONDS)
    name = f"duty-api.{found.pk.hex}.{window}"
    cache.add(name, 0, 2 * SECONDS)
    try:
        asked = cache.incr(name)
    except ValueError:  # the memory was needed for something else meanwhile
        asked = 1
    if asked > MOST:
        raise Trouble(429, *WORDS[429])
    return found


@by_key("GET")
def about(request: HttpRequest, duty: Duty) -> dict[str, Any]:
    """The duty of this key."""
    known = rules.RULES[duty.rule]
    return {
        "duty": duty.reference, "purpose": duty.purpose, "covers": known.label, "fields": duty.named(),
        "ends_at": duty.ends_at.isoformat(), "is_live": duty.is_live(), "notice": duty.notice,
        "outcomes": known.outcomes, **{name: shown.counted(duty)[name] for name in ("records", "reported")},
    }  # fmt: skip


@by_key("GET")
def records(request: HttpRequest, duty: Duty) -> dict[str, Any]:
    """The next records: `after` is the last number that the provider has."""
    after, most = _number(request, "after"), _number(request, "most")
    if most is not None and not 1 <= most <= handing.MOST:
        raise Trouble(422, "invalid", f"`most` is 1 to {handing.MOST}", WORDS[422][2], "most")
    try:
        pulled = handing.hand_over(duty, after, most or handing.MOST)
    except handing.NoSuchNumber as wrong:
        raise Trouble(
            422, "invalid", str(wrong), "send the number of the last record you have", "after"
        ) from None
    except handing.Busy as busy:
        raise Trouble(409, "changed", str(busy), "ask again") from None
    return handing.as_json(duty, pulled)


@by_key("POST")
def reports(request: HttpRequest, duty: Duty) -> dict[str, Any]:
    """What came of one record; the very same report is taken once."""
    mark, said = _said(_body(request))
    try:
        is_new = reporting.report(duty, mark, said)
    except reporting.NotTheirs:
        raise Trouble(
            404, "not-found", "this key's duty handed over no such record", WORDS[404][2], "mark"
        ) from None
    except NotSo as wrong:
        raise Trouble(422, "invalid", str(wrong), WORDS[422][2]) from None
    return {"taken": True, "again": not is_new}


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Trouble(422, "invalid", f"`{name}` is a number", WORDS[422][2], name)
    return int(text)


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        if int(request.headers.get("Content-Length") or 0) > LONGEST_BODY or len(request.body) > LONGEST_BODY:
            raise Trouble(413, *WORDS[413])
        told = json.loads(request.body)
    except RequestDataTooBig:
        raise Trouble(413, *WORDS[413]) from None
    except (ValueError, RecursionError, UnreadablePostError):
        raise Trouble(400, *WORDS[400]) from None
    if not isinstance(told, dict):
        raise Trouble(400, *WORDS[400])
    return told


def _said(told: dict[str, Any]) -> tuple[str, Said]:
    if strange := told.keys() - {"id", "mark", "outcome", "note", "values"}:
        del strange
        raise Trouble(422, "invalid", "there is a field that a report does not have", WORDS[422][2])
    values = told.get("values", {})
    texts = {name: told.get(name, "") for name in ("id", "mark", "outcome", "note")}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise Trouble(422, "invalid", "this is a text", WORDS[422][2], name)
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise Trouble(422, "invalid", "these are texts by the kind of data", WORDS[422][2], "values")
    try:
        number = UUID(texts["id"])
    except ValueError:
        raise Trouble(422, "invalid", "a report has an id of its own, a UUID", WORDS[422][2], "id") from None
    return texts["mark"], Said(number, texts["outcome"], texts["note"], values)
