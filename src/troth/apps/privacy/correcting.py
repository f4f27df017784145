"""Registration data, corrected in place by the person it is about (clause rights.update)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from troth.accounts.people import flows
from troth.gate.journal.models import Entry
from troth.gate.telling.shown import ShownCorrection
from troth.gate.telling.shown import shown as corrections_of
from troth.gate.uses.history import Used, history, mine

from . import shown
from .forms import CorrectForm
from .opening import own_page, person_of

GROUPS = {
    "name": ("Name and company", ("name", "company")),
    "address": ("Address", ("address",)),
    "phone": ("Phone number", ("phone",)),
}  # fmt: skip
"""What is corrected together; the e-mail address has a page of its own, since it is what one signs in with."""

PLACES = (CorrectForm.place, "registration", "request-desk")
"""Where registration data is given or changed: by the person, or for them, on their request."""

COLLECTED = 2
MOST_LOOKED_AT = 200


@require_http_methods(["GET", "HEAD", "POST"])
@own_page
def correct(request: HttpRequest, group: str) -> HttpResponseBase:
    """One group of registration data: as it is, to be changed, with what was changed before."""
    if group not in GROUPS:
        raise Http404
    title, fields = GROUPS[group]
    only = tuple(name for name in fields if name in CorrectForm.model.seals)
    form = CorrectForm(request.POST or None, only=only, initial=as_it_is(request, only))
    if request.method == "POST" and form.is_valid():
        changed = flows.correct(person_of(request), form.corrected())
        messages.success(
            request, "Corrected." if changed else "Nothing was different, so nothing was changed."
        )
        return redirect("own-correct", group=group)
    context = {
        "title": title, "group": group, "form": form, "history": earlier(only), "section": "own-privacy",
        "corrections": corrections(request, only),
    }  # fmt: skip
    return TemplateResponse(request, "privacy/correct.html", context, status=422 if form.errors else 200)


def as_it_is(request: HttpRequest, fields: tuple[str, ...]) -> dict[str, Any]:
    """The values we hold now."""
    person = person_of(request)
    return {name: getattr(person, name) or "" for name in fields}


def corrections(request: HttpRequest, fields: tuple[str, ...]) -> list[ShownCorrection]:
    """The corrections of these, newest first, with who outside had the old value and has confirmed."""
    categories = {CorrectForm.model.seals[name].category for name in fields}
    return [each for each in corrections_of(person_of(request).owner_id) if each.item in categories]


def earlier(fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """When these were given or changed, newest first, from the record of uses; earlier values are kept nowhere."""
    categories = {CorrectForm.model.seals[name].category for name in fields}
    entries: list[Entry] = list(mine().filter(kind=COLLECTED)[:MOST_LOOKED_AT])
    return [shown.use(used) for used in history(entries) if _is_change(used, categories)]


def _is_change(used: Used, categories: set[str]) -> bool:
    return used.place in PLACES and not categories.isdisjoint(used.taken)
