"""The forms of choosing and buying."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from troth.gate.collection import CollectionForm, refuse_card_number, refuse_line_breaks
from troth.gate.countries import countries

from .models import CreditCheck, Invoice, Order
from .prices import MONTH, MOST, PERIODS, NoPrice, price

TOO_MANY = f"Prices here are for up to {MOST:,} employees. For more, please ask us."


class PriceForm(forms.Form):
    """How many, how often, from where: what a price depends on.  Nothing of it is kept."""

    employees = forms.IntegerField(
        label="Employees who will use the Services", min_value=1, max_value=MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "Please say how many.", "invalid": "Please give a whole number, such as 8.",
            "min_value": "At least one employee uses the Services.",
            "max_value": TOO_MANY,
        },
    )  # fmt: skip
    period = forms.ChoiceField(label="Paid", choices=PERIODS, error_messages={"required": "Please choose."})
    country = forms.ChoiceField(
        label="Country of the billing address", error_messages={"required": "Please choose."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Choose"), *countries().items()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where there is no such price."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                told["price"] = price(told["employees"], told["period"], told["country"])
            except NoPrice as why:
                raise forms.ValidationError(str(why)) from None
        return told


class PlanForm(PriceForm):
    """Another plan of an order that runs; its country stays the invoice's."""

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["country"]
        self._country = country

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where there is no such price."""
        self.cleaned_data["country"] = self._country
        return super().clean()


START = {"employees": 8, "period": MONTH}
"""What the calculator shows before anybody typed something; the country is the Company's own."""


class BillingForm(CollectionForm):
    """Billing data (clause collect.billing).  What is asked for comes out of the statement."""

    place = "checkout"
    model = Invoice
    autocomplete = {"billing_name": "organization", "billing_address": "street-address"}
    period = forms.ChoiceField(label="Paid", choices=PERIODS)
    country = forms.ChoiceField(label="Country")

    def __init__(self, *args: Any, companies: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Choose"), *countries().items()]  # type: ignore[attr-defined]
        self.fields["country"].widget.attrs["autocomplete"] = "country"
        if len(companies) > 1:
            self.fields["company"] = forms.ChoiceField(
                label="You buy for", choices=[("", "Choose"), *companies]
            )
            self.order_fields(["company"])
        address: Any = self.fields.get("billing_address")
        if address:
            address.widget.attrs["rows"] = 4
            address.validators = [each for each in address.validators if each is not refuse_line_breaks]
        employees: Any = self.fields.get("employees")
        if employees:
            employees.min_value, employees.max_value = 1, MOST
            employees.validators += [
                MinValueValidator(1, "At least one employee uses the Services."),
                MaxValueValidator(MOST, TOO_MANY),
            ]
            employees.error_messages["invalid"] = "Please give a whole number, such as 8."

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where there is no such price."""
        told: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                told["price"] = price(told["employees"], told["period"], told["country"])
            except NoPrice as why:
                raise forms.ValidationError(str(why)) from None
        return told


class CreditForm(CollectionForm):
    """What a company adds about its financial qualification, and the box for asking about it (clause use.billing)."""

    place = "checkout"
    model = CreditCheck
    agrees = forms.BooleanField(
        label="Your agreement",
        error_messages={"required": "Nobody is asked unless you tick this box. A person can look instead."},
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    means = forms.ChoiceField(widget=forms.HiddenInput, choices=Order.Means.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said: Any = self.fields.get("said")
        if said:
            said.widget.attrs["rows"] = 2
            said.help_text = said.why = (
                f"{said.why} Your number in a public register of companies helps, if you have one."
            )
            said.validators = [each for each in said.validators if each is not refuse_line_breaks]
        self.order_fields(["said", "agrees"])


class OrderFilter(forms.Form):
    """Which orders are listed."""

    state = forms.ChoiceField(required=False, choices=(("", "Any state"), *Order.State.choices))
    means = forms.ChoiceField(
        label="Paid by", required=False, choices=(("", "Anything"), *Order.Means.choices)
    )

    def wanted(self) -> dict[str, str]:
        """What they must be; a choice that there is not is none."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class InvoiceFilter(forms.Form):
    """Which invoices are listed."""

    CHOICES = (
        ("", "All"), ("open", "To be paid"), ("overdue", "Overdue"), ("paid", "Paid"), ("back", "Given back"),
    )  # fmt: skip
    state = forms.ChoiceField(required=False, choices=CHOICES)

    def what(self) -> str:
        """The choice; a choice that there is not is none."""
        self.is_valid()
        return str(self.cleaned_data.get("state", ""))

    def apply(self, rows: Any) -> Any:
        """Those of the invoices that are wanted."""
        narrowed = {
            "open": lambda: rows.filter(paid_at=None, due_at__isnull=False), "overdue": lambda: self.overdue(rows),
            "paid": lambda: rows.exclude(paid_at=None, due_at__isnull=False).filter(refunded_at=None),
            "back": lambda: rows.exclude(refunded_at=None),
        }.get(self.what())  # fmt: skip
        return narrowed() if narrowed else rows

    @staticmethod
    def overdue(rows: Any) -> Any:
        """Those whose day has passed."""
        return rows.filter(paid_at=None, due_at__lte=timezone.now())


class PaidForm(forms.Form):
    """The day on which the money for an invoice arrived."""

    on = forms.DateField(
        label="Arrived on", widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Please say when.", "invalid": "Please give a day, such as 2026-03-31."},
    )  # fmt: skip


class LookForm(forms.Form):
    """What an administrator found when they looked at an order."""

    is_qualified = forms.ChoiceField(label="Outcome", choices=(("yes", "Qualified"), ("no", "Declined")))
    reasons = forms.CharField(
        label="Reasons, which the customer sees", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Please give the reasons; the customer sees them."},
        validators=[refuse_card_number],
    )  # fmt: skip
