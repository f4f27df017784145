"""The pages anybody may read: home, the statement, the agreement, the proof, the first pages of the other hosts."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from troth.gate.journal import log
from troth.gate.proving import shown as proofs
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion
from troth.gate.registry import HOME_PARTS, PROOF_PARTS
from troth.gate.subjects.register import readable
from troth.posting.standing import PARTS

from . import shown

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The company's front page."""
    built = [(template, build(request)) for template, build in HOME_PARTS]
    parts = [{"template": template, **told} for template, told in built if told is not None]
    context = {
        "services": settings.TROTH_COMPANY["services"], "plans": shown.plans(), "section": "home", "parts": parts,
    }  # fmt: skip
    answer = render(request, "pages/home.html", context)
    if parts:
        add_never_cache_headers(answer)
    return answer


@require_safe
def statement_page(request: HttpRequest) -> HttpResponse:
    """The statement: the same file the gate is compiled from."""
    states, version = proofs.states(), statement.current().version
    context = {
        "statement": shown.document(statement.document(), _published_at(), _earlier(), version),
        "topics": shown.topics(states),
        "counts": proofs.tally(states), "checked_at": proofs.checked_at(states),
        "readable": shown.stays_readable(readable()),
    }  # fmt: skip
    return render(request, "pages/statement.html", context)


def _earlier() -> list[dict[str, Any]]:
    others = StatementVersion.objects.exclude(version=statement.current().version)
    rows = others.exclude(in_force_at__gt=timezone.now()).order_by("-published_at")
    return [
        {
            "version": row.version,
            "published_at": row.published_at,
            "url": reverse("statement-version", args=[row.version]),
        }
        for row in rows
    ]


def _published_at() -> Any:
    row = StatementVersion.objects.filter(version=statement.current().version).first()
    return (row.in_force_at or row.published_at) if row else None


@require_safe
def statement_version(request: HttpRequest, version: str) -> HttpResponse:
    """An earlier statement, as it was published: data collected under it stays under it (clause scope.sites)."""
    row = get_object_or_404(StatementVersion, version=version)
    document, topics = shown.earlier(row.version, row.text)
    document["published_at"] = row.published_at
    document["version"] = row.version
    return render(request, "pages/agreement.html", {"agreement": document, "topics": topics})


@require_safe
def company_css(request: HttpRequest) -> HttpResponse:
    """The company's accent, from `company.toml`; the stylesheet itself knows no company."""
    told = settings.TROTH_COMPANY["company"]
    colours = [
        (name, told[name]) for name in ("accent", "accent-dark") if COLOUR.fullmatch(told.get(name, ""))
    ]
    rules = "".join(f"--{name}:{value};" for name, value in colours)
    answer = HttpResponse(f":root{{{rules}}}\n", content_type="text/css; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=3600"
    return answer


@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """The Subscription Agreement, in the same language."""
    document, topics = shown.agreement()
    return render(request, "pages/agreement.html", {"agreement": document, "topics": topics})


@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """The log's head, counts by purpose, the state of every clause, and how to check all of it without us."""
    states = proofs.states()
    context = {
        "head": shown.head(), "vkey": log.vkey(), "vkey_url": settings.TROTH_BASE_URLS["company"] + reverse("log-vkey"),
        "purposes": shown.uses_by_purpose(), "clauses": states, "counts": proofs.tally(states),
        "checked_at": proofs.checked_at(states),
        "parts": [{"template": template, **build(request)} for template, build in PROOF_PARTS],
    }  # fmt: skip
    return render(request, "pages/proof.html", context)


@require_safe
def community(request: HttpRequest) -> HttpResponse:
    """First page of the community host: what each part of it shows there."""
    parts = [{"label": part.label, "template": part.template, **part.build(request)} for part in PARTS]
    return render(request, "pages/community.html", {"section": "community", "parts": parts})


@require_safe
def workspace(request: HttpRequest) -> HttpResponse:
    """First page of the workspace host."""
    return render(request, "pages/workspace.html")
