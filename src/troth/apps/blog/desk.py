"""The blog in the office: staff write articles, change and take down their own, and close the comments."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.models import Role, StaffMember
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.posting import composing
from troth.posting import flows as posts
from troth.posting.drafts import Draft
from troth.posting.flows import Author, NotPosted
from troth.posting.forms import ComposerForm
from troth.posting.shown import words_of

from . import flows, shown
from .forms import ArticleForm
from .models import Article

PER_PAGE = 25
WRITERS = (Role.SUPPORT, Role.SALES, Role.OWNER)

office_page("office-blog", "Blog", *WRITERS)


def _me(request: HttpRequest) -> Author:
    staff: StaffMember = request.staff  # type: ignore[attr-defined]
    return Author(staff.owner_id, is_staff=True)


@never_cache
@require_safe
@staff_only(*WRITERS)
def overview(request: HttpRequest) -> HttpResponse:
    """The articles that stand, and which of them are one's own."""
    page = Paginator(shown.visible(), PER_PAGE).get_page(request.GET.get("page"))
    own = _me(request).owner
    lines = [
        (article, said, posts.own(own, said.pk) is not None, shown.where(article.thread_id, 1))
        for article, said in shown.lines(page.object_list)
    ]
    return render(request, "blog/desk.html", {"page": page, "lines": lines})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*WRITERS)
def write(request: HttpRequest) -> HttpResponseBase:
    """Another article."""
    author = _me(request)
    with posts.as_author(author.owner):
        signs = posts.pen_name(author.owner)
    form = ArticleForm(request.POST or None, signs=signs, initial={"afterwards": "keep"})

    def send(sent: ComposerForm, draft: Draft) -> str:
        assert isinstance(sent, ArticleForm)  # noqa: S101 - it is the form of this page
        flows.publish(author, sent.row_id, sent.address, draft)
        messages.success(request, "The article is up.")
        return reverse("office-blog")

    return composing.answered(request, form, "blog/write.html", {"is_new": True}, send)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*WRITERS)
def change(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Other words for an article of one's own."""
    author = _me(request)
    with posts.as_author(author.owner):
        row = posts.own(author.owner, which)
        if row is None or not row.is_standing:
            raise Http404
        words = words_of(row)
    written = {"title": words.title, "body": words.body, "afterwards": row.afterwards}
    form = ArticleForm(request.POST or None, is_new=False, fixed_name=words.name, initial=written)

    def send(_: ComposerForm, draft: Draft) -> str:
        posts.edit(author, which, draft)
        messages.success(request, "The article is changed.")
        return reverse("office-blog")

    return composing.answered(request, form, "blog/write.html", {"is_new": False}, send)


@require_POST
@staff_only(*WRITERS)
def close(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take no more comments under an article, or take them again."""
    flows.close(get_object_or_404(Article, pk=which), closed=request.POST.get("close") == "yes")
    return redirect("office-blog")


@require_POST
@staff_only(*WRITERS)
def take_down(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take an article of one's own down, and with it the page of its comments."""
    try:
        posts.remove(_me(request).owner, which)
    except NotPosted as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "The article is on no page any more.")
    return redirect("office-blog")
