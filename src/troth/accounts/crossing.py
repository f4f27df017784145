"""From the company host to the community host: each has cookies of its own, and no password is asked for twice.

The community gives the browser a secret and sends it here; whoever is signed in here presses a button, and the browser
goes back with a code that works once, for a minute, and only beside that secret.  The session that begins there has a
cookie of its own and ends with the one it came from.  Only accounts of people cross; staff work on the company host.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import sessions
from .models import Crossing, SignIn, User
from .moving import is_unproven, sign_out_unproven, unproven_page
from .people.doors import is_confirmed, person_only, to_confirm

SECONDS = 60
ASKED = "crossing"
COMPANY, COMMUNITY = "troth.config.urls", "troth.config.urls_community"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_HASH = re.compile(r"[0-9a-f]{64}")

_leads_there: Callable[[Any], Any] = csp_update(
    {"form-action": [SELF, settings.TROTH_BASE_URLS["community"]]}
)


def _hash(secret: str) -> str:
    return hashlib.sha256(b"troth-crossing-1" + secret.encode()).hexdigest()


# -- on the community host


@never_cache
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Sign in: remember a secret and the way back in this browser, and go to the company host."""
    if is_unproven(request):
        return unproven_page(request)
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=True):
        back = reverse("community")
    if request.person:  # type: ignore[attr-defined]
        return redirect(back)
    secret = secrets.token_urlsafe(32)
    request.session[ASKED] = {"secret": secret, "back": back}
    page = settings.TROTH_BASE_URLS["company"] + reverse("cross", COMPANY)
    return redirect(f"{page}?{urlencode({'asked': _hash(secret)})}")


@never_cache
@require_safe
def arrive(request: HttpRequest) -> HttpResponse:
    """The way back, with the code: a session of its own begins, in the browser that asked for it and in no other."""
    asked = request.session.pop(ASKED, None)
    crossing = _taken(request.GET.get("code", ""))
    if asked is None or crossing is None or not constant_time_compare(crossing.asked, _hash(asked["secret"])):
        return render(request, "account/not_crossed.html", status=403)
    first = SignIn.objects.filter(session=crossing.session, owner=crossing.user.subject_id)
    # Tied from its first moment on: it is no session more, which could end the very one that it came from.
    request.came_from = first.filter(ended_at=None).first()  # type: ignore[attr-defined]
    if request.came_from is not None:  # type: ignore[attr-defined]
        login(request, crossing.user, backend=BACKEND)
        request.session[sessions.BEGAN] = crossing.began
        request.session.save()
        if first.filter(ended_at=None).exists():
            return redirect(asked["back"])
        request.session.flush()
    return render(request, "account/not_crossed.html", status=403)


def _taken(code: str) -> Crossing | None:
    """What a code stands for, once and within a minute; of two who bring it the second finds nothing."""
    with transaction.atomic():
        found = Crossing.objects.select_for_update().filter(code=_hash(code)).select_related("user").first()
        if found is None:
            return None
        found.delete()
    age = timezone.now() - found.made_at
    return found if timedelta() <= age <= timedelta(seconds=SECONDS) and found.user.is_active else None


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out here, and with it where this session came from: nobody who pressed it is still signed in."""
    unproven = sign_out_unproven(request)
    here = unproven or sessions.kept_as(str(request.session.session_key))
    before = SignIn.objects.filter(session=here).values_list("came_from__session", flat=True)
    sessions.end([each for each in before if each] + [unproven] * bool(unproven))
    request.session.flush()
    answer = redirect("community")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


# -- on the company host


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cross(request: HttpRequest) -> HttpResponseBase:
    """Go on to the community as who is signed in here."""
    if request.staff:  # type: ignore[attr-defined]
        reason = "you are signed in as staff: what staff write for the community, they write in the office"
        return render(request, "403.html", {"reason": reason, "clause": None}, status=403)
    return _go_on(request)


@person_only
def _go_on(request: HttpRequest) -> HttpResponseBase:
    asked = request.POST.get("asked") or request.GET.get("asked", "")
    if not _HASH.fullmatch(asked):
        return redirect(settings.TROTH_BASE_URLS["community"])
    # The session that begins there is bound to nothing yet: copied cookies alone lead to none.
    if request.let_in.is_bound and not is_confirmed(request):  # type: ignore[attr-defined]
        return to_confirm(request, f"{reverse('cross')}?{urlencode({'asked': asked})}")
    if request.method == "POST":
        page = settings.TROTH_BASE_URLS["community"] + reverse("arrive", COMMUNITY)
        answer: HttpResponseBase = redirect(f"{page}?{urlencode({'code': _made(request, asked)})}")
    else:
        answer = render(request, "account/cross.html", {"asked": asked, "section": "community"})
    led: HttpResponseBase = _leads_there(lambda _: answer)(request)
    return led


def _made(request: HttpRequest, asked: str) -> str:
    code, user = secrets.token_urlsafe(32), request.user
    assert isinstance(user, User)  # noqa: S101 - behind the door there is one
    Crossing.objects.create(
        code=_hash(code), asked=asked, user=user, began=request.session.get(sessions.BEGAN, 0),
        session=sessions.kept_as(str(request.session.session_key)),
    )  # fmt: skip
    return code


def forget_old() -> int:
    """Codes that nobody brought in time go; returns how many."""
    gone, _ = Crossing.objects.filter(made_at__lt=timezone.now() - timedelta(seconds=SECONDS)).delete()
    return gone
