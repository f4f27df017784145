"""The office's page of protection: what fired, why, what was done, how to undo it.  Looks and acts are on record."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from troth.accounts.models import Role
from troth.accounts.staff import staff_only
from troth.gate.registry import office_page
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import act, using
from troth.gate.watch.nets import Net, read
from troth.gate.watch.rules import rules

from . import canaries, measures, noting, shown
from .models import Canary, Measure

READERS = (Role.ADMINISTRATOR, Role.OWNER)
LONGEST = 30 * 24 * 60
WIDEST = {32: 16, 128: 32}
"""The fewest bits of a net that is blocked by hand: a slip must not shut out a country."""

office_page("office-protection", "Protection", *READERS)


class BlockForm(forms.Form):
    """A net to be blocked by hand, until a time."""

    net = forms.CharField(
        label="Net", max_length=50, help_text="One address, or a net such as 203.0.113.0/24."
    )
    minutes = forms.IntegerField(label="For how many minutes", min_value=5, max_value=LONGEST, initial=60)
    why = forms.CharField(label="Why", max_length=200)

    def clean_net(self) -> Net:
        """A net that is not too wide, and not ours."""
        try:
            net = Net.said(self.cleaned_data["net"])
        except ValueError:
            raise forms.ValidationError("This is neither an address nor a net.") from None
        if net.bits < WIDEST[net.size]:
            raise forms.ValidationError(f"This net is too wide; give one of /{WIDEST[net.size]} or longer.")
        return net


class CanaryForm(forms.Form):
    """A data subject who is nobody."""

    subject = forms.UUIDField(
        label="Number of the subject", help_text="The id by which “troth subject show” knows it."
    )

    def clean_subject(self) -> UUID:
        """One that is here."""
        subject: UUID = self.cleaned_data["subject"]
        if not DataSubject.objects.filter(pk=subject).exists():
            raise forms.ValidationError("There is no subject of this number.")
        return subject


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*READERS)
def page(request: HttpRequest) -> HttpResponseBase:
    """What is done just now, the latest alarms, and the form to block a net."""
    form, by = BlockForm(request.POST or None), request.actor  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        net: Net = form.cleaned_data["net"]
        if _holds(net, request.META.get("REMOTE_ADDR", "")):
            form.add_error("net", "You are in this net yourself.")
        else:
            with using(noting.PURPOSE, by=by, at=noting.PLACE), act():
                noting.by_hand(net, form.cleaned_data["minutes"], form.cleaned_data["why"])
            messages.success(request, "The net is blocked.")
            return redirect("office-protection")
    return _shown(request, form, CanaryForm())


def _shown(request: HttpRequest, form: forms.Form, canary: forms.Form) -> HttpResponse:
    rule, faults = request.GET.get("rule", ""), bool(form.errors or canary.errors)
    with using(noting.PURPOSE, by=request.actor):  # type: ignore[attr-defined]
        context: dict[str, Any] = {
            "alarms": shown.alarms(rule), "standing": shown.standing(), "columns": shown.columns(),
            "counts": shown.counts(), "rule": rule, "form": form, "canary_form": canary,
            "canaries": Canary.objects.order_by("added_at"), "rules": rules(),
            "key": canaries.apart(canaries.key()), "words": canaries.apart(canaries.words()),
            "section": "office-protection",
        }  # fmt: skip
    return render(request, "protection/page.html", context, status=422 if faults else 200)


def _holds(net: Net, address: str) -> bool:
    found = read(address)
    return found is not None and found[0] == net.size and found[1] >> (net.size - net.bits) == net.prefix


@require_POST
@staff_only(*READERS)
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a measure end now, or a day later than it would; what it rests on is read for it, and so on record."""
    measure = get_object_or_404(Measure.objects.select_related("alarm"), pk=pk)
    with using(noting.PURPOSE, by=request.actor), act():  # type: ignore[attr-defined]
        _ = measure.alarm.tried, measure.alarm.in_session
        if measure.until <= timezone.now():
            said = "This has ended meanwhile. Nothing was changed."
        elif request.POST.get("do") == "longer":
            longest = timezone.now() + timedelta(minutes=LONGEST)
            noting.change(measure, min(measure.until + timedelta(days=1), longest))
            said = "It lasts a day longer."
        else:
            noting.change(measure, timezone.now())
            said = "Undone. Every process knows it within seconds."
    messages.success(request, said)
    return redirect("office-protection")


@require_POST
@staff_only(*READERS)
def canary(request: HttpRequest) -> HttpResponse:
    """Name a subject who is nobody, or take the name away."""
    if request.POST.get("do") == "forget":
        known = request.POST.get("canary", "")
        Canary.objects.filter(pk=int(known) if re.fullmatch(r"[0-9]{1,18}", known) else None).delete()
        measures.refresh(at_once=True)
        return redirect("office-protection")
    form = CanaryForm(request.POST)
    if not form.is_valid():
        return _shown(request, BlockForm(), form)
    Canary.objects.get_or_create(whose=form.cleaned_data["subject"])
    measures.refresh(at_once=True)
    messages.success(request, "Whoever opens what this subject has is noticed from now on.")
    return redirect("office-protection")
