"""The blog: anyone reads it, whoever signed in comments."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people.doors import person_only
from troth.posting import composing
from troth.posting.drafts import Draft
from troth.posting.forms import ComposerForm
from troth.posting.models import Post
from troth.posting.views import after, me, reader

from . import flows, shown
from .models import Article

PER_PAGE = 10


@never_cache
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """All articles, the newest first."""
    page = Paginator(shown.visible(), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "articles": shown.lines(page.object_list), "section": "blog"}
    return render(request, "blog/listing.html", context)


def _article(slug: str) -> shown.Line:
    """An article that stands.  Raises Http404."""
    lines = shown.lines([get_object_or_404(shown.visible(), slug=slug)])
    if not lines:
        raise Http404
    return lines[0]


@never_cache
@require_safe
def article(request: HttpRequest, slug: str) -> HttpResponse:
    """An article with what was said under it."""
    found, said = _article(slug)
    who = reader(request)
    context = {
        "article": found, "said": said, "comments": shown.comments(found, who), "is_read": who is not None,
        "section": "blog",
    }  # fmt: skip
    return render(request, "blog/article.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def comment(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Say something under an article, with words of it or of another comment if they are quoted."""
    found, said = _article(slug)
    if found.thread.is_locked:
        raise Http404
    form = composing.form_for(request, me(request), Post.Kind.COMMENT, found.thread_id)

    def send(sent: ComposerForm, draft: Draft) -> str:
        return after(request, flows.comment(composing.author_of(request), found, sent.row_id, draft))

    context = {"article": found, "said": said, "section": "blog"}
    return composing.answered(request, form, "blog/comment.html", context, send)


@never_cache
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest articles as a feed in RSS."""
    said = [one for _, one in shown.lines(Article.objects.filter(pk__in=shown.visible().values("pk")[:20]))]
    return composing.rss("Blog", reverse("blog"), said)
