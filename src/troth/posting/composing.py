"""How a post is written: the form, what was found in the draft, a preview, and then the post; no script is needed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed

from troth.accounts.people.own import person_of
from troth.gate.uses import EACH, SYSTEM, using

from . import flows, shown
from .drafts import Draft
from .forms import ComposerForm, source_of
from .models import Post
from .standing import PAGES


def form_for(
    request: HttpRequest, owner: UUID, kind: str, thread: UUID | None = None, *, has_title: bool = False
) -> ComposerForm:
    """The form of a new post by somebody, who may quote a post of the same thread (`?quote=`).

    It begins with the name and the wish of the post before.
    """
    with flows.as_author(owner):
        signs = flows.pen_name(owner)
    wished = Post.objects.filter(owner=owner).exclude(afterwards="").order_by("-made_at")
    last = wished.values_list("afterwards", flat=True).first()
    initial = {"afterwards": last} if last else {}
    asked = source_of(request.GET.get("quote"))
    source = quotable(asked, thread) if asked and thread else None
    return ComposerForm(
        request.POST or None, kind=kind, has_title=has_title, source=source, signs=signs, initial=initial
    )


def quotable(pk: UUID, thread: UUID) -> tuple[Post, shown.Words] | None:
    """A post that stands in a thread, with its words; None for any other."""
    row = Post.objects.filter(pk=pk, thread=thread, state=Post.State.STANDING).first()
    if row is None:
        return None
    with using(flows.PURPOSE, by=SYSTEM, given=EACH) as opening:
        return (row, shown.words_of(row)) if opening.is_open_to(row) else None


def author_of(request: HttpRequest) -> flows.Author:
    """Who is signed in, as an author."""
    return flows.Author(person_of(request).owner_id)


def answered(
    request: HttpRequest, form: ComposerForm, template: str, context: dict[str, Any],
    send: Callable[[ComposerForm, Draft], str],
) -> HttpResponseBase:  # fmt: skip
    """The page of a form; or, once what was sent is ready, what `send` says is next: an address.

    `send` posts the draft and may raise NotPosted.
    """
    if request.method == "POST" and form.is_valid() and form.is_ready and not form.is_preview:
        try:
            return redirect(send(form, form.draft))
        except flows.NotPosted as why:
            form.add_error(None, str(why))
    preview = None
    if form.is_bound and form.is_preview and not form.errors:
        draft = form.draft
        preview = shown.as_preview(draft.signed_as, draft.title, draft.body, timezone.now())
    page = {**context, "form": form, "preview": preview}
    return render(request, template, page, status=422 if form.errors else 200)


def atom(title: str, path: str, posts: list[shown.Said]) -> HttpResponse:
    """Posts as an Atom feed (RFC 4287)."""
    return _feed(Atom1Feed, title, path, posts)


def rss(title: str, path: str, posts: list[shown.Said]) -> HttpResponse:
    """Posts as a feed in RSS 2.0."""
    return _feed(Rss201rev2Feed, title, path, posts)


def _feed(
    kind: type[Atom1Feed] | type[Rss201rev2Feed], title: str, path: str, posts: list[shown.Said]
) -> HttpResponse:
    """Made anew for each reader: what is removed is in none from the next look on."""
    base = settings.TROTH_BASE_URLS["community"]
    company = settings.TROTH_COMPANY["company"]["name"]
    made = kind(f"{title} – {company}", base + path, f"{title} of {company}", feed_url=f"{base}{path}feed/")
    for said in posts:
        if said.said is not None:
            link = base + reverse("post", PAGES, args=[said.pk])
            made.add_item(
                said.said.title or f"{said.name}: {said.said.plain[:60]}", link, said.said.html, author_name=said.name,
                pubdate=said.at, updateddate=said.edited_at or said.at, unique_id=f"urn:uuid:{said.pk}",
            )  # fmt: skip
    return HttpResponse(made.writeString("utf-8"), content_type=made.content_type)
