"""The page of a provider: it comes in by the key of a duty, and sees that duty and nothing else (share.providers)."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from troth.gate.duties import handing, registering, reporting, rules
from troth.gate.duties.models import Duty, ProviderKey
from troth.gate.duties.rules import NotSo, Said
from troth.gate.errors import Refused
from troth.gate.telling import confirming, ending

from . import shown
from .forms import KeyForm, ReportForm

KEYS = "provider_keys"
MOST_KEYS = 10
AT_ONCE = 50
"""Records shown on one page."""


def _keys(request: HttpRequest) -> list[ProviderKey]:
    """The keys that this browser came in by, as far as they still show something."""
    held = ProviderKey.objects.select_related("duty").filter(pk__in=request.session.get(KEYS, []))
    return [key for key in held if registering.still_shows(key)]


def _duty(request: HttpRequest, pk: UUID) -> Duty:
    """The duty of one of these keys; anybody else's is not there."""
    for key in _keys(request):
        if key.duty_id == pk:
            return key.duty
    raise Http404


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """The duties of the keys given here, and the form for a key."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key = registering.known_key(form.cleaned_data["key"].strip())
        if key is not None:
            held = [pk for pk in request.session.get(KEYS, []) if pk != key.pk.hex]
            request.session.cycle_key()
            request.session[KEYS] = [*held, key.pk.hex][-MOST_KEYS:]
            return redirect("provider-duty", pk=key.duty_id)
        form.add_error("key", "This is no key that opens a duty. Ask us for a new one.")
    duties = {key.duty_id: key.duty for key in _keys(request)}
    context = {"form": form, "duties": [shown.duty(duty) for duty in duties.values()]}
    return render(request, "providers/portal.html", context, status=422 if form.errors else 200)


@require_POST
def leave(request: HttpRequest) -> HttpResponseBase:
    """Forget the keys in this browser."""
    request.session.pop(KEYS, None)
    return redirect("provider")


@never_cache
@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One duty: what it is, what was handed over, what is left to do."""
    return _page(request, _duty(request, pk))


def _page(
    request: HttpRequest, duty: Duty, form: ReportForm | None = None, pulled: handing.Pulled | None = None
) -> HttpResponseBase:
    outcomes, labels = rules.RULES[duty.rule].outcomes, shown.duty(duty)["fields"]
    lines = [
        {
            "number": each.number, "mark": each.mark, "is_again": each.is_again,
            "values": list(zip(labels, each.values.values(), strict=True)),
        }
        for each in (pulled.records if pulled else [])
    ]  # fmt: skip
    context = {
        "duty": shown.duty(duty), "counted": shown.counted(duty), "deletion": shown.deletion(duty), "lines": lines,
        "form": form or ReportForm(outcomes=outcomes, initial={"said": uuid4()}), "acknowledged": duty.acknowledged,
        "upto": pulled.upto if pulled else duty.acknowledged, "has_more": pulled.has_more if pulled else False,
        "is_shown": pulled is not None,
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "providers/duty.html", context, status=status)


@never_cache
@require_POST
def records(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The next records, shown; each is on record as handed over before the page leaves."""
    duty = _duty(request, pk)
    pulled = _pulled(request, duty, AT_ONCE)
    return redirect("provider-duty", pk=pk) if pulled is None else _page(request, duty, pulled=pulled)


@never_cache
@require_POST
def file(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The same as a file."""
    duty = _duty(request, pk)
    pulled = _pulled(request, duty, handing.MOST)
    if pulled is None:
        return redirect("provider-duty", pk=pk)
    answer: HttpResponse = JsonResponse(handing.as_json(duty, pulled))
    answer["Content-Disposition"] = f'attachment; filename="duty-{duty.reference}-{pulled.upto}.json"'
    return answer


def _pulled(request: HttpRequest, duty: Duty, most: int) -> handing.Pulled | None:
    """What one pull hands over; None where it hands over nothing, and the page says why.  Raises Refused."""
    after = request.POST.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else None
    try:
        return handing.hand_over(duty, number, most)
    except (handing.NoSuchNumber, handing.Busy) as why:
        messages.error(request, f"Nothing was handed over: {why}.")
        return None


@never_cache
@require_POST
def report(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """What came of one record."""
    duty = _duty(request, pk)
    handing.must_be_live(duty)
    form = ReportForm(request.POST, outcomes=rules.RULES[duty.rule].outcomes)
    if form.is_valid():
        told: dict[str, Any] = form.cleaned_data
        try:
            is_new = reporting.report(
                duty, told["mark"], Said(told["said"], told["outcome"], told["note"], {})
            )
        except reporting.NotTheirs:
            form.add_error("mark", "This duty handed over no record with this mark, or it is gone.")
        except NotSo as why:
            form.add_error(None, f"{str(why).capitalize()}.")
        else:
            messages.success(request, "The report is kept." if is_new else "This report was kept before.")
            return redirect("provider-duty", pk=pk)
    return _page(request, duty, form)


@require_POST
def deleted(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The provider confirms that it deleted what it got under a duty that is over."""
    duty = _duty(request, pk)
    told = ending.of_duty(duty.pk)
    if told is None:
        raise Refused("this duty has not ended: there is nothing to confirm yet", handing.clause_of(duty))
    confirming.confirm(told)
    messages.success(request, "Thank you. We noted that it is deleted.")
    return redirect("provider-duty", pk=pk)
