"""What somebody does with posts on the community host: their own, and those of others that they read."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.doors import person_only
from troth.accounts.people.own import person_of

from . import composing, flows, moderating, shown, standing
from .drafts import Draft
from .forms import ComposerForm, ReportForm, WishForm
from .models import Block, Edition, Post

PER_PAGE = 25
GONE = "That post is not there any more."


def me(request: HttpRequest) -> UUID:
    """The subject of who is signed in."""
    found: UUID = person_of(request).owner_id
    return found


def reader(request: HttpRequest) -> UUID | None:
    """The subject of who looks, if they are signed in."""
    person = request.person  # type: ignore[attr-defined]
    return person.owner_id if person else None


@require_safe
def one(request: HttpRequest, which: UUID) -> HttpResponse:
    """A post by its id: where it stands."""
    row = Post.objects.filter(pk=which).exclude(state=Post.State.QUEUED).first()
    found = standing.where(row.kind, row.thread_id, row.number) if row else None
    if found is None:
        raise Http404
    return redirect(found.path)


@never_cache
@require_safe
@person_only
def mine(request: HttpRequest) -> HttpResponse:
    """One's own posts, what is to become of them, and whom one does not read."""
    owner = me(request)
    page = Paginator(Post.objects.filter(owner=owner).order_by("-made_at"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    with flows.as_author(owner):
        rows = shown.own(page.object_list)
    for row in rows:
        row["where"] = standing.where(row["row"].kind, row["row"].thread_id, row["row"].number)
    context = {
        "page": page,
        "rows": rows,
        "form": WishForm(),
        "blocked": _blocked(owner),
        "section": "own-posts",
    }
    return render(request, "posting/mine.html", context)


def _blocked(owner: UUID) -> list[tuple[Block, str]]:
    """Whom somebody does not read, by the name of their newest post."""
    found = []
    for block in Block.objects.filter(owner=owner).order_by("-made_at")[:50]:
        newest = Post.objects.filter(owner=block.blocked_id, state=Post.State.STANDING).order_by("-made_at")[
            :1
        ]
        names = [said.name for said in shown.standing(newest)]
        found.append((block, names[0] if names else "Somebody without a post"))
    return found


@require_POST
@person_only
def wish(request: HttpRequest) -> HttpResponse:
    """What becomes of all of one's posts."""
    form = WishForm(request.POST)
    if form.is_valid():
        count = flows.wish_for_all(me(request), form.cleaned_data["afterwards"])
        messages.success(request, f"Noted for {count} post{'' if count == 1 else 's'}.")
    else:
        messages.error(request, "Please choose what becomes of them.")
    return redirect("own-posts")


def _own(request: HttpRequest, which: UUID) -> tuple[Post, shown.Words]:
    """A post of one's own that was not removed, with its words.  Others find nothing here."""
    owner = me(request)
    with flows.as_author(owner):
        row = flows.own(owner, which)
        if row is None or row.is_removed:
            raise Http404
        return row, shown.words_of(row)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def edit(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Other words for a post of one's own."""
    row, words = _own(request, which)
    written = {"title": words.title, "body": words.body, "afterwards": row.afterwards}
    form = ComposerForm(
        request.POST or None,
        kind=row.kind,
        has_title=bool(words.title),
        fixed_name=words.name,
        initial=written,
    )

    def send(_: ComposerForm, draft: Draft) -> str:
        changed = flows.edit(composing.author_of(request), which, draft)
        return after(request, changed)

    editions = Edition.objects.filter(post=row).count()
    return composing.answered(request, form, "posting/edit.html", {"row": row, "editions": editions}, send)


def after(request: HttpRequest, row: Post) -> str:
    """Where an author goes who posted or changed something; what waits for a moderator is told."""
    if row.is_standing:
        return reverse("post", args=[row.pk])
    messages.success(request, "A moderator looks at it before anybody can read it: it has links in it.")
    return reverse("own-posts")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def remove(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Take a post of one's own away."""
    row, words = _own(request, which)
    if request.method != "POST":
        return render(request, "posting/remove.html", {"row": row, "words": words})
    try:
        flows.remove(me(request), which)
    except flows.NotPosted as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It is gone, and so are its words wherever they were quoted.")
    return redirect("own-posts")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def history(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """What a post of one's own said before; letting go of it."""
    row, words = _own(request, which)
    if request.method == "POST":
        try:
            flows.forget_editions(me(request), which)
        except flows.NotPosted as why:
            messages.error(request, str(why))
        else:
            messages.success(request, "What it said before is gone.")
        return redirect("post-edit", which)
    with flows.as_author(me(request)):
        earlier = [(each, each.body) for each in Edition.objects.filter(post=row)]
    return render(request, "posting/history.html", {"row": row, "words": words, "earlier": earlier})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def report(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Ask moderators to look at a post."""
    found = shown.standing(Post.objects.filter(pk=which, state=Post.State.STANDING))
    if not found or found[0].said is None:
        raise Http404
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            moderating.report(me(request), which, form.cleaned_data["reason"])
        except flows.NotPosted as why:
            messages.error(request, str(why))
        else:
            messages.success(request, "Thank you. A moderator looks at it.")
        return redirect("post", which)
    status = 422 if form.errors else 200
    return render(request, "posting/report.html", {"form": form, "said": found[0]}, status=status)


@require_POST
@person_only
def block(request: HttpRequest, which: UUID) -> HttpResponse:
    """Read the author of a post no more."""
    if moderating.block(me(request), which):
        messages.success(request, "You read no more of theirs. You can change that under “Your posts”.")
    else:
        messages.error(request, GONE)
    return redirect("post", which)


@require_POST
@person_only
def unblock(request: HttpRequest, which: UUID) -> HttpResponse:
    """Read somebody again."""
    moderating.unblock(me(request), which)
    return redirect("own-posts")
