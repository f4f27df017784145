"""The page of a company's security: three levels side by side, a choice, what it changes, and a try at the door."""

from typing import Any
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.accounts.people import companies
from troth.accounts.people.doors import confirmed, is_confirmed, to_confirm
from troth.accounts.people.models import Membership, Person
from troth.accounts.people.people import SECTION, WITHHELD, answered, in_company
from troth.gate.uses import current_use, using

from . import admitting, choosing, held, seconding
from .admitting import Coming
from .forms import ChoiceForm, TryForm
from .law import effective
from .models import Choice, Nod
from .table import LEVELS, SETTINGS

SHOWN = 10
"""How many choices the page lists."""


def managed(view: Any) -> Any:
    """Let only those in who manage the company."""

    @in_company
    def guarded(request: HttpRequest, place: Membership, *args: Any, **kwargs: Any) -> HttpResponseBase:
        companies.must_manage(place)
        answer: HttpResponseBase = view(request, place, *args, **kwargs)
        return answer

    return guarded


def coming(request: HttpRequest) -> Coming:
    """How whoever sits there comes to us now."""
    by = admitting.factor_of(get_authentication_records(request, request.user))
    return Coming(
        request.META.get("REMOTE_ADDR", ""), by, admitting.has_second_factor(request.user),
        request.let_in.is_bound,  # type: ignore[attr-defined]
    )  # fmt: skip


@require_safe
@managed
def overview(request: HttpRequest, place: Membership) -> HttpResponse:
    """What holds, beside what the levels say; what was chosen so far; who waits for a second person."""
    return _overview(request, place)


def _overview(request: HttpRequest, place: Membership, status: int = 200, **more: Any) -> HttpResponse:
    choice, floor = held.current(place.customer_id), held.floor()
    values = held.of_company(place.customer_id)
    customer, history = companies.company_of(place), Choice.objects.filter(owner=place.customer_id)[:SHOWN]
    with using(choosing.PURPOSE, by=companies.acting(place), given=customer):
        members = _names(place.customer_id)
        context = {
            "company_name": customer.name, "members": members,
            "history": [_chosen(row) for row in history],
            "waiting": [_waiting(row, place) for row in seconding.waiting(place.customer_id)],
        }  # fmt: skip
    context |= {
        "section": SECTION, "customer": customer.pk, "levels": list(LEVELS.values()),
        "level": choice and LEVELS[choice.level], "rows": [_row(key, values, floor) for key in SETTINGS],
        "try_form": TryForm(members=members), "address": request.META.get("REMOTE_ADDR", ""), **more,
    }  # fmt: skip
    return render(request, "levels/overview.html", context, status=status)


def _row(key: str, values: Any, floor: Any) -> dict[str, Any]:
    row = SETTINGS[key]
    levels = [row.order.shown(row.order.strictest(value, floor[key])) for value in row.values]
    if row.is_needed_at:
        levels[list(LEVELS).index(row.is_needed_at)] = "only from networks that you name"
    return {
        "label": row.label,
        "says": row.says,
        "levels": list(zip(LEVELS.values(), levels, strict=True)),
        "holds": row.order.shown(values[key]),
    }


def _chosen(row: Choice) -> dict[str, Any]:
    who = _who(row.by_id, row.owner_id)
    return {"at": row.made_at, "level": LEVELS[row.level], "apart": len(row.apart), "who": who}


def _waiting(row: Nod, reader: Membership) -> dict[str, Any]:
    return {
        "pk": row.pk, "what": row.get_what_display(), "page": row.page, "at": row.asked_at,
        "is_mine": row.asker_id == reader.owner_id, "who": _who(row.asker_id, row.owner_id) if row.asker_id else "",
    }  # fmt: skip


def _names(customer: UUID) -> dict[UUID, str]:
    """The company's people by their place; inside a use."""
    return {row.pk: _who(row.owner_id, customer) for row in Membership.objects.filter(customer=customer)}


def _who(subject: UUID | None, customer: UUID) -> str:
    """Somebody of the company by name; inside a use."""
    place = Membership.objects.filter(owner=subject, customer=customer).first() if subject else None
    person = place and Person.objects.filter(owner=place.owner_id).first()
    if person is None:
        return "somebody who has left"
    return str(person.name or person.email) if current_use().is_open_to(person) else WITHHELD


@require_http_methods(["GET", "HEAD", "POST"])
@managed
@confirmed
def change(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Choose; the next page says what that changes."""
    choice = held.current(place.customer_id)
    initial = ChoiceForm.initial_of(choice.level, choice.apart) if choice else {"level": "basic"}
    if request.method != "POST":
        return _change(request, place, ChoiceForm(floor=held.floor(), initial=initial))
    form = ChoiceForm(request.POST, floor=held.floor())
    if not _fits(request, place, form):
        return _change(request, place, form)
    level = form.cleaned_data["level"]
    after = effective(held.floor(), level, form.apart)
    context = {
        "section": SECTION, "customer": request.resolver_match.kwargs["customer"], "form": form,  # type: ignore[union-attr]
        "changes": choosing.differences(held.of_company(place.customer_id), after), "level": LEVELS[level],
        "is_new": not choice or (choice.level, choice.apart) != (level, form.apart),
        "others": Membership.objects.filter(customer=place.customer_id).count() - 1,
    }  # fmt: skip
    return render(request, "levels/preview.html", context)


def _fits(request: HttpRequest, place: Membership, form: ChoiceForm) -> bool:
    """Whether a choice can be made; otherwise the form says why not."""
    if not form.is_valid():
        return False
    level, apart = form.cleaned_data["level"], form.apart
    for key, words in choosing.faults(level, apart).items():
        form.add_error(key, words)
    for shut in choosing.locked_out(place, level, apart, coming(request)):
        form.add_error(
            shut.setting if shut.setting in apart else "level",
            f"This would lock you out: {shut.why}. {shut.advice}",
        )
    return form.is_valid()


def _change(request: HttpRequest, place: Membership, form: ChoiceForm) -> HttpResponse:
    context = {
        "section": SECTION, "customer": request.resolver_match.kwargs["customer"], "form": form,  # type: ignore[union-attr]
        "address": request.META.get("REMOTE_ADDR", ""),
    }  # fmt: skip
    return render(request, "levels/change.html", context, status=422 if form.errors else 200)


@require_POST
@managed
@answered
def save(request: HttpRequest, place: Membership) -> HttpResponseBase:
    """Make the choice that the page before showed, freshly confirmed."""
    if not is_confirmed(request):
        messages.info(request, "Nothing was changed yet. Confirm that it is you, then do it again.")
        return to_confirm(request, reverse("company-security-change", args=[_customer(request)]))
    form = ChoiceForm(request.POST, floor=held.floor())
    if not _fits(request, place, form):
        return _change(request, place, form)
    choosing.choose(place, form.cleaned_data["level"], form.apart, coming(request))
    messages.success(request, "This holds from now on.")
    return redirect("company-security", _customer(request))


@require_POST
@managed
def attempt(request: HttpRequest, place: Membership) -> HttpResponse:
    """Answer whether a sign-in would be let in, and why; nothing of it is kept."""
    members = {row.pk: "" for row in Membership.objects.filter(customer=place.customer_id)}
    form = TryForm(request.POST, members=members)
    if not form.is_valid():
        return _tried(request, place, 422)
    member = Membership.objects.get(pk=form.cleaned_data["member"], customer=place.customer_id)
    answer = _answer(member, form.cleaned_data)
    return _tried(request, place, 200, answer=answer)


def _tried(request: HttpRequest, place: Membership, status: int, **more: Any) -> HttpResponse:
    customer = companies.company_of(place)
    with using(choosing.PURPOSE, by=companies.acting(place), given=customer):
        members = _names(place.customer_id)
    form = TryForm(request.POST, members=members)
    form.is_valid()
    return _overview(request, place, status, try_form=form, **more)


def _answer(member: Membership, told: dict[str, Any]) -> dict[str, Any]:
    """As the wall would answer for this company alone: of their others nobody here learns anything."""
    person = Person.objects.get(owner=member.owner_id)
    values = held.asked_of(member.role, held.of_company(member.customer_id))
    by = admitting.Factor(told["by"])
    has_factor = by is not admitting.Factor.PASSWORD or admitting.has_second_factor(person.user)
    shut = admitting.refusals(
        [held.Standing(member.customer_id, values)],
        Coming(told["address"], by, has_factor, told["device"] == "bound"),
    )
    also = []
    if not shut and told["browser"] == "new":
        owners = " and the company’s owners" if values["alerts"] == "owners" else ""
        also.append(f"The browser is a new one: they{owners} get a mail.")
    if not shut:
        also.append(
            f"They can be signed in {values['sessions']} times at once; with one more the oldest session ends."
        )
    return {"is_let_in": not shut, "refusals": shut, "also": also}


@require_POST
@managed
@answered
def give(request: HttpRequest, place: Membership, nod: UUID) -> HttpResponseBase:
    """Say yes as the second person, freshly confirmed."""
    if not is_confirmed(request):
        return to_confirm(request, reverse("company-security", args=[_customer(request)]))
    seconding.give(place, nod)
    messages.success(request, "They can go ahead, for an hour.")
    return redirect("company-security", _customer(request))


@require_POST
@in_company
@answered
def leave(request: HttpRequest, place: Membership) -> HttpResponse:
    """Leave a company, also for whom it keeps out."""
    if not is_confirmed(request):
        return to_confirm(request, reverse("account_security"))
    companies.remove(place, place.pk)
    messages.success(request, "You have left the company. Your account stays yours.")
    return redirect("account_security")


def _customer(request: HttpRequest) -> Any:
    return request.resolver_match.kwargs["customer"]  # type: ignore[union-attr]
