"""The two addresses that browsers themselves call: to bind a session to a key, and to show that the key is there.

Nobody follows a link to them.  They answer in the words of the draft: 403 with a challenge asks, another refusal tells
the browser that the session is over.  No form token comes along: without a signature over our own words nothing changes.
To refresh takes no session: the browser names the binding, and its key answers for it, while the session goes on under
another ticket, or came from a page that takes no cookies along.
"""

import json
import re
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from troth.accounts import sessions
from troth.accounts.models import Binding

from . import bindings
from .proofs import Wrong

PROOF, WHICH, ASKS = "Secure-Session-Response", "Sec-Secure-Session-Id", "Secure-Session-Challenge"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
# The draft has strings in quotes; Chromium 156 sends both without.
_NAMED = re.compile(r'"?([0-9a-f]{32})"?(?:;.*)?')


@csrf_exempt
@require_POST
@never_cache
def register(request: HttpRequest) -> HttpResponse:
    """Bind the session that is signed in here to the key of a proof."""
    if SESSION_KEY not in request.session:
        return _over(401)
    kept = sessions.kept_as(str(request.session.session_key))
    try:
        binding = bindings.bind(kept, request.headers.get(PROOF, ""))
    except Wrong:
        return _over(400)
    answer = JsonResponse({
        "session_identifier": binding.pk.hex, "refresh_url": bindings.REFRESH, "scope": {"include_site": False},
        "allowed_refresh_initiators": ["*"],  # whoever follows a link in a mail is to arrive as who they are
        "credentials": [{"type": "cookie", "name": bindings.COOKIE, "attributes": ATTRIBUTES}],
    })  # fmt: skip
    return _proven(answer, binding)


@csrf_exempt
@require_POST
@never_cache
def refresh(request: HttpRequest) -> HttpResponse:
    """Ask the device of a binding for a proof; hand out the third cookie for one."""
    binding = _named(request)
    if binding is None:
        return _over(401)
    shown = request.headers.get(PROOF, "")
    try:
        if shown:
            bindings.prove(binding, shown)
            return _proven(HttpResponse(status=200), binding)
    except bindings.Stale:
        pass
    except Wrong:
        return _over(400)
    answer = HttpResponse(status=403)
    answer[ASKS] = f'"{bindings.ask(binding)}";id="{binding.pk.hex}"'
    return answer


def _named(request: HttpRequest) -> Binding | None:
    """The binding that the browser names; scripts of a page cannot name one, since no page may set such a header."""
    found = _NAMED.fullmatch(request.headers.get(WHICH, ""))
    return Binding.objects.filter(pk=UUID(found[1])).first() if found else None


def _proven(answer: HttpResponse, binding: Binding) -> HttpResponse:
    answer.set_cookie(
        bindings.COOKIE, bindings.proven(binding.pk), max_age=bindings.LASTS, secure=True, httponly=True,
        samesite="Lax",
    )  # fmt: skip
    return answer


def _over(status: int) -> HttpResponse:
    """A browser ends its side of the binding on it."""
    return HttpResponse(json.dumps({"continue": False}), status=status, content_type="application/json")
