"""The public pages, and a person's own page on what we may publish of theirs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people.companies import NotNow
from troth.accounts.people.doors import person_only
from troth.accounts.people.own import person_of

from . import flows, logos, shown
from .forms import OfferForm, WritingForm
from .models import FIELDS, Publication


@never_cache
@require_safe
def customers(request: HttpRequest) -> HttpResponseBase:
    """The list of Customers (clause public.showcase)."""
    return _public(request, "showcase/customers.html", Publication.Kind.LISTING)


@never_cache
@require_safe
def testimonials(request: HttpRequest) -> HttpResponseBase:
    """What Customers say (clause public.showcase)."""
    return _public(request, "showcase/testimonials.html", Publication.Kind.TESTIMONIAL)


def _public(request: HttpRequest, template: str, kind: str) -> HttpResponseBase:
    standing = [(said, logos.address(said)) for said in shown.on_page(kind)]
    page = render(request, template, {"standing": standing})
    answer = logos.answered(request, page, any(logo for _, logo in standing))
    # What is withdrawn is gone at once: no cache on the way keeps it, and no search engine a copy of its own.
    answer["X-Robots-Tag"] = "noarchive"
    return answer


# -- one's own


@never_cache
@require_safe
@person_only
def overview(request: HttpRequest) -> HttpResponse:
    """What we ask for, what is permitted, where each stands."""
    owner = person_of(request).owner_id
    context = {
        "texts": shown.own(owner), "may_offer": flows.owns_a_customer(owner),
        "is_limited": shown.is_limited(owner),
    }  # fmt: skip
    return render(request, "showcase/own.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def offer(request: HttpRequest) -> HttpResponseBase:
    """Write something that we may publish; it is permitted on the next page, and not before."""
    person = person_of(request)
    if request.method != "POST":
        return _form(request, OfferForm(initial=_known(request)))
    form = OfferForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form)
    try:
        flows.offer(person.owner_id, form.row_id, form.cleaned_data["kind"], form.personal(), form.picture)
    except NotNow as why:
        messages.error(request, str(why))
        return redirect("own-showcase")
    return redirect("own-showcase-one", UUID(form.row_id))


def _known(request: HttpRequest) -> dict[str, str]:
    """What the account says already; its owner may write something else."""
    person = person_of(request)
    with flows.as_owner(person.owner_id):
        return {"name": person.name, "company": person.company}


def _form(request: HttpRequest, form: WritingForm, one: dict[str, Any] | None = None) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "showcase/write.html", {"form": form, "one": one}, status=status)


@never_cache
@require_safe
@person_only
def one(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """One text exactly as it will stand, and what can be done with it."""
    found = _own(request, which)
    logo = logos.preview(found, request.actor)  # type: ignore[attr-defined]
    context = {"one": found, "logo": logo, "is_limited": shown.is_limited(_me(request))}
    return logos.answered(request, render(request, "showcase/one.html", context), bool(logo))


def _me(request: HttpRequest) -> UUID:
    owner: UUID = person_of(request).owner_id
    return owner


def _own(request: HttpRequest, which: UUID) -> dict[str, Any]:
    found = shown.own_one(_me(request), which)
    if found is None:
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@person_only
def change(request: HttpRequest, which: UUID) -> HttpResponseBase:
    """Other words: the ones before are on no page any more."""
    found = _own(request, which)
    said: shown.Standing = found["said"]
    has_logo = bool(said.picture)
    if request.method != "POST":
        written = {name: getattr(said, name) for name in FIELDS if getattr(said, name)}
        known = {} if said.name else _known(request)
        return _form(
            request, WritingForm(kind=said.kind, has_logo=has_logo, initial={**known, **written}), found
        )
    form = WritingForm(request.POST, request.FILES, kind=said.kind, has_logo=has_logo)
    if not form.is_valid():
        return _form(request, form, found)
    try:
        flows.change(_me(request), which, form.personal(), form.picture)
    except NotNow as why:
        messages.error(request, str(why))
    return redirect("own-showcase-one", which)


@require_POST
@person_only
def permit(request: HttpRequest, which: UUID) -> HttpResponse:
    """Permit what the page showed."""
    _own(request, which)
    try:
        row = flows.permit(_me(request), which, request.POST.get("seen", ""))
    except NotNow as why:
        messages.error(request, str(why))
    else:
        said = {
            "published": "It is on our page now.",
            "offered": "Permitted. We look at it before it appears.",
        }
        messages.success(request, said.get(row.state, "Permitted. It appears as soon as it can."))
    return redirect("own-showcase-one", which)


@require_POST
@person_only
def withdraw(request: HttpRequest, which: UUID) -> HttpResponse:
    """Take it back."""
    _own(request, which)
    try:
        flows.withdraw(_me(request), which)
    except NotNow as why:
        messages.error(request, str(why))
    else:
        messages.success(request, "It is on no page of ours, and is deleted within two days.")
    return redirect("own-showcase")
