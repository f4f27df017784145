"""The public log under `/.well-known/troth/log/`, in the form of C2SP tlog-tiles: anybody can follow and check it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from troth.engine.ledger import TileError, encode_bundle, parse_path, prove_consistency, write_consistency
from troth.gate.journal import log
from troth.gate.journal.models import Checkpoint

FULL = 256
FOREVER = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The last signed head."""
    head = log.head()
    if head is None:
        raise Http404
    answer = HttpResponse(head.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def checkpoint_at(request: HttpRequest, size: int) -> HttpResponse:
    """The head that was signed over the first `size` entries; receipts name theirs."""
    head = get_object_or_404(Checkpoint, pk=size)
    answer = HttpResponse(head.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = FOREVER
    return answer


@require_safe
def consistency(request: HttpRequest, old: int, new: int) -> HttpResponse:
    """The proof that the log of `new` entries begins with the one of `old`, for `--consistency` of the checker."""
    head = log.head()
    if head is None or not 0 < old <= new <= head.size:
        raise Http404
    text = write_consistency(old, prove_consistency(old, new, log.read))
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = FOREVER
    return answer


@require_safe
def vkey(request: HttpRequest) -> HttpResponse:
    """The verifier key."""
    return HttpResponse(log.vkey() + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A tile of hashes, or a bundle of entries, behind the last head."""
    try:
        level, index, width = parse_path(f"tile/{path}")
        data = _entries(index, width) if level is None else log.read(level, index, width)
    except (TileError, LookupError):
        raise Http404 from None
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Cache-Control"] = FOREVER
    return answer


def _entries(index: int, width: int) -> bytes:
    head = log.head()
    start, stop = index * FULL, index * FULL + width
    if head is None or stop > head.size:
        raise LookupError("the log does not reach so far")
    return encode_bundle([leaf for _, leaf in log.leaves(start, stop)])
