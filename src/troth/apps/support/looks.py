"""The pages on which staff look into a workspace: covered until a reason is given, then a part at a time."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.staff import staff_only
from troth.gate.uses import using
from troth.workspaces.hosted import opened
from troth.workspaces.sections import SIZES

from . import grounds, looking
from .desk import LOOKERS
from .forms import ReasonForm
from .looking import PER_PAGE, Sheet, Way
from .models import SupportRequest

View = Callable[..., HttpResponseBase]


def on_a_ground(view: View) -> View:
    """Find the ground that the address names, and the way that it opens; a past one leads back to the list."""

    @wraps(view)
    @never_cache
    @staff_only(*LOOKERS)
    def guarded(
        request: HttpRequest, number: str, subject: UUID, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        found = grounds.find(number)
        if found is None:
            raise Http404
        way = Way(request.actor, *found, subject)  # type: ignore[attr-defined]
        try:
            way.must()
            return view(request, way, *args, **kwargs)
        except looking.WaitForApproval as why:
            context = {**_frame(way), "why": str(why)}
            return render(request, "support/wait.html", context, status=403)
        except NotNow as why:
            messages.error(request, str(why))
            is_over = not way.ground.is_live() or str(why) in (looking.UNTOLD, looking.LATE)
            return redirect("office-workspaces") if is_over else redirect("office-look", number, subject)

    return guarded


def _frame(way: Way) -> dict[str, Any]:
    """What each page says above what it shows."""
    chosen = way.ground.part_ids(way.workspace)
    return {
        "section": "office-support" if way.kind.letter == "S" else "office-workspaces",
        "number": way.ground.number, "kind": way.kind.label, "until": way.ground.until, "workspace": way.workspace,
        "purpose": way.kind.purpose, "is_whole": chosen is None, "sitting": way.sitting(),
    }  # fmt: skip


@require_safe
@on_a_ground
def page(request: HttpRequest, way: Way) -> HttpResponseBase:
    """The ground, and what it opens: covered until a reason was given."""
    return _page(request, way)


def _page(request: HttpRequest, way: Way, form: ReasonForm | None = None) -> HttpResponseBase:
    context = {**_frame(way), "sizes": [(label, count(way.workspace)) for label, count in SIZES]}
    if context["sitting"] is None or form is not None:
        context |= {"form": form or ReasonForm(), "sitting": None}
        return render(request, "support/look.html", context, status=422 if form else 200)
    with opened(way.workspace), using(way.kind.purpose, by=way.by, given=way.ground):
        context |= {
            "text": way.ground.text if isinstance(way.ground, SupportRequest) else getattr(way.ground, "about", ""),
            "parts": [(part, name, looking.has_rows(part)) for part, name in looking.scope(way).items()],
        }  # fmt: skip
    return render(request, "support/look.html", context)


@require_POST
@on_a_ground
def begin(request: HttpRequest, way: Way) -> HttpResponseBase:
    """Give the reason; the Customer is told."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, way, form)
    looking.begin(way, form.row_id, form.cleaned_data["reason"], form.cleaned_data["note"])
    return redirect("office-look", way.ground.number, way.workspace)


@require_safe
@on_a_ground
def part(request: HttpRequest, way: Way, part: UUID) -> HttpResponseBase:
    """A page of a part, as it is on record from now on."""
    asked = request.GET.get("page", "1")
    page = min(int(asked), 1_000_000) if asked.isascii() and asked.isdigit() and asked != "0" else 1
    sheet = looking.look(way, part, page)
    context = {**_frame(way), "sheet": sheet, "part": part, "page": _pages(sheet, page)}
    return render(request, "support/part.html", context)


def _pages(sheet: Sheet, page: int) -> Any:
    return Paginator(range(sheet.total), PER_PAGE).get_page(page)


@require_POST
@on_a_ground
def more(request: HttpRequest, way: Way) -> HttpResponseBase:
    """Ask for an approval to see more."""
    looking.ask_for_more(way)
    messages.success(request, "An administrator has to approve it; they see it under “Approvals”.")
    return redirect("office-look", way.ground.number, way.workspace)
