"""A request that comes again under its idempotency key is answered as the first time, and done once.

draft-ietf-httpapi-idempotency-key-header-07.  Whoever dies between an act and its answer leaves no doubt either: what
the request makes has ids that follow from the row here, so that doing it again finds it.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from troth.gate.problems import Trouble
from troth.gate.uses import act
from troth.workspaces.access import enter
from troth.workspaces.hosted import opened

from .keys import Admitted
from .models import Replay
from .problems import TYPE

HEADER = "Idempotency-Key"
LEASE = timedelta(seconds=60)
"""After so long without an answer a request counts as broken off, and is done again."""
LARGEST = 4 << 20
"""Bytes of an answer that is kept."""
FINAL = frozenset((200, 201, 202, 204, 404, 422))
"""What a request is answered with for good; after anything else it can be sent again."""
METHODS = ("POST", "PATCH")
"""Those that do something else when they come twice."""
_SAID = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,200})"?')


def answered(request: HttpRequest, by: Admitted, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer of `run`, or the one that the same request got before.  Raises Trouble."""
    said = request.headers.get(HEADER)
    if said is None or request.method not in METHODS:
        return run()
    row, is_ours = _taken(request, by, _mark(by, said))
    if not is_ours:
        return _again(by, row)
    request.once = row.pk  # type: ignore[attr-defined]
    try:
        answer = run()
    except BaseException:
        _forget(row)
        raise
    if isinstance(answer, HttpResponse) and answer.status_code in FINAL and len(answer.content) <= LARGEST:
        _keep(by, row, answer)
    else:
        _forget(row)
    return answer


def _mark(by: Admitted, said: str) -> bytes:
    known = _SAID.fullmatch(said)
    if known is None:
        raise Trouble(
            400, "unreadable", "this idempotency key cannot be read", "send one of 1 to 200 visible ASCII characters",
            HEADER,
        )  # fmt: skip
    return hmac.digest(by.secret, b"mark\0" + known[1].encode(), "sha256")


def _print(request: HttpRequest, by: Admitted) -> bytes:
    head = f"{request.method} {request.get_full_path()}\0".encode()
    return hmac.digest(by.secret, b"print\0" + head + hashlib.sha256(request.body).digest(), "sha256")


def _taken(request: HttpRequest, by: Admitted, mark: bytes) -> tuple[Replay, bool]:
    """The row of a request, and whether it is ours to do."""
    fingerprint, key = _print(request, by), by.key
    with opened(key.owner_id):
        row, is_new = Replay.objects.get_or_create(
            mark=mark, defaults={"print": fingerprint, "person_id": key.person_id, "part": key.part}
        )
        if is_new:
            return row, True
        if not hmac.compare_digest(bytes(row.print), fingerprint):
            raise Trouble(
                422, "invalid", "another request was sent under this idempotency key", "take a new one for each request",
                HEADER,
            )  # fmt: skip
        if row.status:
            return row, False
        late = Replay.objects.filter(pk=row.pk, status=0, begun_at__lt=timezone.now() - LEASE)
        if late.update(begun_at=timezone.now()):
            return row, True
    raise Trouble(409, "obstructed", "the first request under this idempotency key is not done yet",
                  "send it again in a moment", HEADER)  # fmt: skip


def _again(by: Admitted, row: Replay) -> HttpResponse:
    with enter(by.access):
        answer = row.answer or ""
    told = HttpResponse(answer, status=row.status, headers={"Idempotency-Replayed": "true"})
    told["Content-Type"] = "application/json" if row.status < 400 else TYPE
    return told


def _keep(by: Admitted, row: Replay, answer: HttpResponse) -> None:
    with enter(by.access, writes=True), act():
        row.answer, row.status = answer.content.decode(), answer.status_code
        row.save(update_fields=["status"])


def _forget(row: Replay) -> None:
    with opened(row.owner_id):
        Replay.objects.filter(pk=row.pk, status=0).delete()
