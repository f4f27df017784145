"""Staff: the register of providers, their contracts, duties and keys.  Nobody's data is opened here."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.duties import contracts, pushing, registering
from troth.gate.duties.models import Contract, Duty, ProviderKey
from troth.gate.errors import Refused
from troth.gate.registry import office_page

from . import shown
from .forms import ContractForm, DutyForm

READERS = (Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.OWNER)
KEEPERS = (Role.PRIVACY_OFFICER, Role.OWNER)
"""Who changes the register."""

office_page("office-providers", "Service providers", *READERS)


@never_cache
@require_safe
@staff_only(*READERS)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Providers, their contracts and every duty there was."""
    return _page(request)


def _page(
    request: HttpRequest, contract: ContractForm | None = None, duty: DutyForm | None = None
) -> HttpResponseBase:
    context = {
        "providers": shown.providers(), "may_change": request.staff.role in KEEPERS,  # type: ignore[attr-defined]
        "contract_form": contract or ContractForm(auto_id="contract-%s"), "duty_form": duty or DutyForm(),
    }  # fmt: skip
    return render(request, "providers/office.html", context, status=422 if contract or duty else 200)


@never_cache
@require_POST
@staff_only(*KEEPERS)
def contract(request: HttpRequest) -> HttpResponseBase:
    """Note the contract with a provider."""
    form = ContractForm(request.POST, request.FILES, auto_id="contract-%s")
    if form.is_valid():
        told = form.cleaned_data
        try:
            contracts.keep_contract(
                told["recipient"], told["number"], told["signed_on"], told["ends_on"], told["file"],
                request.actor,  # type: ignore[attr-defined]
            )  # fmt: skip
        except Refused as why:
            form.add_error(None, _sentence(why))
        else:
            messages.success(request, "The contract is on the register.")
            return redirect("office-providers")
    return _page(request, contract=form)


@never_cache
@require_safe
@staff_only(*READERS)
def contract_file(request: HttpRequest, recipient: str) -> HttpResponseBase:
    """The contract with a provider, as it was sent; each look is on record."""
    file = get_object_or_404(Contract, recipient=recipient).file
    if file is None:
        raise Http404
    paper = contracts.read(file, request.actor)  # type: ignore[attr-defined]
    answer = HttpResponse(paper.content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, paper.name) or "attachment"
    return answer


@never_cache
@require_POST
@staff_only(*KEEPERS)
def begin(request: HttpRequest) -> HttpResponseBase:
    """Put a duty on the register, if its clause allows all of it."""
    form = DutyForm(request.POST)
    if form.is_valid():
        try:
            made = registering.begin(form.wanted())
        except Refused as why:
            form.add_error(None, _sentence(why))
        else:
            messages.success(request, "The duty is on the public register. Make a key for its provider.")
            return redirect("office-duty", pk=made.pk)
    return _page(request, duty=form)


def _sentence(why: Refused) -> str:
    clause = f" (clause {why.clause})" if why.clause else ""
    return f"{why.reason[:1].upper()}{why.reason[1:]}{clause}."


@never_cache
@require_safe
@staff_only(*READERS)
def one(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """One duty: what was handed over, what came back, its keys."""
    return _duty(request, get_object_or_404(Duty, pk=pk))


def _duty(request: HttpRequest, duty: Duty, made: str = "") -> HttpResponseBase:
    is_sent = duty.channel == Duty.Channel.WEBHOOK
    context = {
        "duty": shown.duty(duty), "counted": shown.counted(duty), "deletion": shown.deletion(duty), "made": made,
        "keys": ProviderKey.objects.filter(duty=duty), "may_change": request.staff.role in KEEPERS,  # type: ignore[attr-defined]
        "secret": pushing.secret_of(duty) if made and is_sent else "",
    }  # fmt: skip
    return render(request, "providers/office_duty.html", context)


@never_cache
@require_POST
@staff_only(*KEEPERS)
def key(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """A new key, shown this once."""
    duty = get_object_or_404(Duty, pk=pk)
    try:
        made = registering.make_key(duty)
    except Refused as why:
        messages.error(request, _sentence(why))
        return redirect("office-duty", pk=pk)
    return _duty(request, duty, made)


@require_POST
@staff_only(*KEEPERS)
def end_key(request: HttpRequest, pk: UUID, which: UUID) -> HttpResponseBase:
    """End one key at once."""
    registering.end_key(get_object_or_404(ProviderKey, pk=which, duty=pk))
    messages.success(request, "The key opens nothing any more.")
    return redirect("office-duty", pk=pk)


@require_POST
@staff_only(*KEEPERS)
def end(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """End a duty at once."""
    registering.end(get_object_or_404(Duty, pk=pk))
    messages.success(request, "The duty has ended. Its provider is asked to delete what it got.")
    return redirect("office-duty", pk=pk)
