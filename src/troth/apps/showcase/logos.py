"""Logos: pictures told by their first bytes, kept as sealed files, shown from the workspace host.

There no cookie of the company host is sent, and the policy allows nothing: whatever somebody uploads, it is a picture
or nothing.
"""

from typing import Any
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from troth.gate.files import stored
from troth.gate.uses import Actor, OwnData, using

from . import flows, shown
from .models import Permission, Publication

SECONDS = 300
"""How long the link of a preview is good."""

_with_logos = csp_update({"img-src": [SELF, settings.TROTH_BASE_URLS["workspace"]]})
_POLICY = "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'"
_SALT = "showcase.logo"


def address(said: shown.Standing) -> str:
    """Where anyone gets the logo of a text that stands on a page; blank when it has none."""
    return _at("published-logo", said.pk, said.mark) if said.picture else ""


def preview(row: dict[str, Any], by: Actor) -> str:
    """Where its owner, or sales whom it was offered to, get it for five minutes; blank when it has none."""
    if not row["said"] or not row["said"].picture:
        return ""
    who = [by.role, by.subject.hex if by.subject else "", by.country]
    return _at("logo-preview", signing.dumps([row["pk"].hex, *who], salt=_SALT))


def _at(name: str, *args: Any) -> str:
    pages = "troth.config.urls_workspace"
    return str(settings.TROTH_BASE_URLS["workspace"]) + reverse(name, pages, args=args)


def answered(request: HttpRequest, response: HttpResponseBase, with_logos: bool) -> HttpResponseBase:
    """A page; one with logos in it may show pictures from the workspace host."""
    return _with_logos(lambda _: response)(request) if with_logos else response


@never_cache
@require_safe
def published(request: HttpRequest, which: UUID, mark: str) -> HttpResponse:
    """The logo of a text, for as long as the text stands on its page."""
    found = shown.one_on_page(which)
    if found is None or not found.picture or found.mark != mark:
        raise Http404
    return _picture(found.logo, found.picture)


@never_cache
@require_safe
def previewed(request: HttpRequest, token: str) -> HttpResponse:
    """The logo of a text that waits, to whoever has the link that a page made for them."""
    try:
        which, role, subject, country = signing.loads(token, salt=_SALT, max_age=SECONDS)
        row = Publication.objects.select_related("logo").get(pk=UUID(which))
        by = Actor(role, UUID(subject), country)
    except (signing.BadSignature, ValueError, Publication.DoesNotExist):
        raise Http404 from None
    is_own = by.subject == row.owner_id
    purpose, ground = (flows.SHOWING, OwnData(row.owner_id)) if is_own else (flows.PURPOSE, Permission(row))
    with using(purpose, by=by, given=ground) as use:
        if row.logo is None or not use.is_open_to(row) or not stored.is_open_to(use, row.logo):
            raise Http404
        return _picture(row.logo_bytes(), row.picture)


def _picture(data: bytes, kind: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=kind)
    answer["Content-Security-Policy"] = _POLICY
    answer["X-Robots-Tag"] = "noindex, noarchive"
    return answer
