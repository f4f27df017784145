"""The public log under `/.well-known/troth/log/`, in the form of C2SP tlog-tiles: anybody can follow and check it.

A log that ended with a restore stays under its number, `/.well-known/troth/log/1/`, so that old receipts can be checked.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from troth.engine.ledger import TileError, encode_bundle, parse_path, prove_consistency, write_consistency
from troth.gate.journal import log
from troth.gate.journal.models import Checkpoint

FULL = 256
FOREVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"


@require_safe
def checkpoint(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """The last signed head."""
    head = log.head(number)
    if head is None:
        raise Http404
    answer = HttpResponse(head.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def checkpoint_at(request: HttpRequest, size: int, number: int | None = None) -> HttpResponse:
    """The head that was signed over the first `size` entries; receipts name theirs."""
    head = get_object_or_404(Checkpoint, log=_number(number), size=size)
    return _for_good(head.note, number)


@require_safe
def consistency(request: HttpRequest, old: int, new: int, number: int | None = None) -> HttpResponse:
    """The proof that the log of `new` entries begins with the one of `old`, for `--consistency` of the checker."""
    head = log.head(number)
    if head is None or not 0 < old <= new <= head.size:
        raise Http404
    return _for_good(write_consistency(old, prove_consistency(old, new, log.reader(head.log))), number)


@require_safe
def vkey(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """The verifier key."""
    try:
        return HttpResponse(log.vkey(number) + "\n", content_type="text/plain; charset=utf-8")
    except LookupError:
        raise Http404 from None


@require_safe
def tile(request: HttpRequest, path: str, number: int | None = None) -> HttpResponse:
    """A tile of hashes, or a bundle of entries, behind the last head."""
    which = _number(number)
    try:
        level, index, width = parse_path(f"tile/{path}")
        data = _entries(which, index, width) if level is None else log.read(level, index, width, which)
    except (TileError, LookupError):
        raise Http404 from None
    return _for_good(data, number)


def _number(number: int | None) -> int:
    return log.current() if number is None else number


def _for_good(content: str | bytes, number: int | None) -> HttpResponse:
    """An answer that stays as it is; under an address without a number only until a new log begins."""
    kind = "text/plain; charset=utf-8" if isinstance(content, str) else "application/octet-stream"
    answer = HttpResponse(content, content_type=kind)
    answer["Cache-Control"] = FOREVER if number else FOR_AN_HOUR
    return answer


def _entries(number: int, index: int, width: int) -> bytes:
    head = log.head(number)
    start, stop = index * FULL, index * FULL + width
    if head is None or stop > head.size:
        raise LookupError("the log does not reach so far")
    return encode_bundle([leaf for _, leaf in log.leaves(start, stop, number)])
