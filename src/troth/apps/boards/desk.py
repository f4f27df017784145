"""The boards in the office: which there are, and topics that are locked or pinned."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page

from . import flows, shown
from .forms import SectionForm
from .models import Section, Topic

PER_PAGE = 25

office_page("office-boards", "Boards", Role.SUPPORT)


@never_cache
@require_safe
@staff_only(Role.SUPPORT)
def overview(request: HttpRequest) -> HttpResponse:
    """The boards, and the topics in which somebody posted last."""
    return _page(request, SectionForm())


def _page(request: HttpRequest, form: SectionForm) -> HttpResponse:
    topics = shown.visible(Topic.objects.select_related("section")).order_by("-thread__last_at")
    page = Paginator(topics, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "sections": Section.objects.all(), "page": page, "form": form,
        "lines": [(line, shown.where(line.topic.thread_id, 1)) for line in shown.lines(page.object_list)],
    }  # fmt: skip
    return render(request, "boards/desk.html", context, status=422 if form.errors else 200)


@require_POST
@staff_only(Role.SUPPORT)
def add(request: HttpRequest) -> HttpResponseBase:
    """Another board."""
    form = SectionForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    form.save()
    messages.success(request, "The board is there.")
    return redirect("office-boards")


@require_POST
@staff_only(Role.SUPPORT)
def open_or_close(request: HttpRequest, which: int) -> HttpResponse:
    """Let nothing new be begun on a board, or let it again."""
    section = get_object_or_404(Section, pk=which)
    section.is_open = request.POST.get("open") == "yes"
    section.save(update_fields=["is_open"])
    return redirect("office-boards")


@require_POST
@staff_only(Role.SUPPORT)
def lock(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take no more posts in a topic, or take them again."""
    topic = get_object_or_404(Topic, pk=which)
    flows.lock(topic.pk, locked=request.POST.get("lock") == "yes")
    return redirect("office-boards")


@require_POST
@staff_only(Role.SUPPORT)
def pin(request: HttpRequest, which: UUID) -> HttpResponse:
    """Let a topic stand before the others of its board, or among them."""
    topic = get_object_or_404(Topic, pk=which)
    flows.pin(topic.pk, pinned=request.POST.get("pin") == "yes")
    return redirect("office-boards")
