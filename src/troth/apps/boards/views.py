"""The boards: anyone reads them, whoever signed in writes."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from troth.accounts.people.doors import person_only
from troth.posting import composing, search
from troth.posting import shown as posts
from troth.posting.drafts import Draft
from troth.posting.forms import ComposerForm
from troth.posting.models import Post
from troth.posting.views import after, me, reader

from . import flows, shown
from .models import Section, Topic

TOPICS = 50


@never_cache
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """All boards."""
    return render(request, "boards/boards.html", {**shown.front(request), "section": "boards"})


@never_cache
@require_safe
def section(request: HttpRequest, slug: str) -> HttpResponse:
    """The topics of one board: the pinned ones, then those in which somebody posted last."""
    board = get_object_or_404(Section, slug=slug)
    page = Paginator(shown.visible(Topic.objects.filter(section=board)), TOPICS).get_page(
        request.GET.get("page")
    )
    context = {"board": board, "page": page, "lines": shown.lines(page.object_list), "section": "boards"}
    return render(request, "boards/section.html", context)


def _topic(which: UUID) -> Topic:
    return get_object_or_404(shown.visible(Topic.objects.select_related("section")), pk=which)


@never_cache
@require_safe
def topic(request: HttpRequest, which: UUID) -> HttpResponse:
    """A topic, fifty posts to a page."""
    found = _topic(which)
    page, who = shown.pages(found, request.GET.get("page")), reader(request)
    said = posts.standing(shown.posts_on(found, page.number), who)
    first = (
        said[0] if said and said[0].number == 1 else posts.first_of([found.thread_id]).get(found.thread_id)
    )
    title = first.said.title if first and first.said else ""
    context = {
        "topic": found, "title": title or shown.UNTITLED, "page": page, "posts": said, "is_read": who is not None,
        "section": "boards",
    }  # fmt: skip
    return render(request, "boards/topic.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def begin(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Begin a topic."""
    board = get_object_or_404(Section, slug=slug, is_open=True)
    form = composing.form_for(request, me(request), Post.Kind.BOARD, has_title=True)

    def send(sent: ComposerForm, draft: Draft) -> str:
        return after(request, flows.begin(composing.author_of(request), board, sent.row_id, draft))

    return composing.answered(request, form, "boards/begin.html", {"board": board, "section": "boards"}, send)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def reply(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Post in a topic, with words of another post if one is quoted."""
    found = _topic(which)
    if found.thread.is_locked:
        raise Http404
    form = composing.form_for(request, me(request), Post.Kind.BOARD, found.thread_id)

    def send(sent: ComposerForm, draft: Draft) -> str:
        return after(request, flows.reply(composing.author_of(request), found, sent.row_id, draft))

    (line,) = shown.lines([found])
    context = {"topic": found, "title": line.title, "section": "boards"}
    return composing.answered(request, form, "boards/reply.html", context, send)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Look for words.  They are sent, and stand in no address (decision 0009)."""
    words = request.POST.get("words", "")[:200]
    found = search.search(words, [Post.Kind.BOARD], reader(request)) if request.method == "POST" else []
    context = {
        "words": words, "found": found, "is_asked": request.method == "POST", "newest": search.NEWEST,
        "section": "boards",
    }  # fmt: skip
    return render(request, "boards/search.html", context)


@never_cache
@require_safe
def feed(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The newest posts as an Atom feed: of all boards, or of one."""
    board = get_object_or_404(Section, slug=slug) if slug else None
    topics = shown.visible(Topic.objects.filter(section=board) if board else Topic.objects.all())
    rows = Post.objects.filter(kind=Post.Kind.BOARD, thread__in=topics.values("thread")).order_by("-made_at")
    path = reverse("board", args=[slug]) if board else reverse("boards")
    return composing.atom(board.name if board else "Boards", path, posts.standing(rows[: shown.PER_PAGE]))
