"""The forms of joint offers.  What whoever is interested is asked comes out of the statement."""

from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from troth.engine.policy import Permit
from troth.gate.collection import CollectionForm, refuse_line_breaks
from troth.gate.countries import countries
from troth.gate.errors import GateError, Refused
from troth.gate.export.handing import check_key
from troth.gate.published import statement
from troth.gate.telling import recipients

from .flows import PURPOSE, RECIPIENT, Wanted
from .models import GROUND, Interest, Partner, Promotion
from .partners import must_be_sendable

NOT_TICKED = "Please tick the box if you want us to share this. Without the tick nothing is kept or shared."


class InterestForm(CollectionForm):
    """Interest in one offer: what its partners get, and a tick that is never there beforehand."""

    place = "offer"
    model = Interest
    autocomplete: ClassVar = {
        "name": "name", "company": "organization", "address": "street-address", "phone": "tel", "email": "email",
    }  # fmt: skip

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    tick = forms.BooleanField(required=True, error_messages={"required": NOT_TICKED})

    def __init__(self, *args: Any, promotion: Promotion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = promotion.fields()
        for name in [item for item in self.model.seals if item in self.fields and item not in fields]:
            del self.fields[name]
        self.fields["seen"].initial = promotion.digest()
        partners = " and ".join(part.partner.name for part in promotion.parts.select_related("partner"))
        self.fields[
            "tick"
        ].label = f"I am interested in this offer, and you may share what I give here with {partners}"
        self.initial.pop("tick", None)


class KeyForm(forms.Form):
    """A partner comes in by the key of its part, which no page remembers."""

    key = forms.CharField(
        label="Key", max_length=100, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Please give the key of your part."},
    )  # fmt: skip
    after = forms.IntegerField(
        label="The last number you have", min_value=0, max_value=10**9, required=False,
        help_text="Leave it empty to go on after what you said last. What you say you have does not come again.",
    )  # fmt: skip


class ReachForm(forms.Form):
    """What a partner's packages are encrypted for, and where they go."""

    key = forms.CharField(
        label="Its public key", max_length=100, validators=[refuse_line_breaks],
        help_text="A key of age, which begins with age1.",
    )  # fmt: skip
    key_ends_on = forms.DateField(
        label="Last day of the key", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="After it nothing is encrypted for this key. Leave it empty if the partner names none.",
    )  # fmt: skip
    endpoint = forms.CharField(
        label="Address to send packages to", max_length=300, required=False, validators=[refuse_line_breaks],
        help_text="https, at a host of the partner’s. Leave it empty if the partner fetches them.",
    )  # fmt: skip

    def clean_key(self) -> str:
        """A key that a package can be made for."""
        key: str = self.cleaned_data["key"].strip()
        try:
            check_key(key)
        except GateError:
            raise ValidationError("This is no public key of age.") from None
        return key

    def clean_key_ends_on(self) -> date | None:
        """Not over already."""
        day: date | None = self.cleaned_data["key_ends_on"]
        if day is not None and day < timezone.now().date():
            raise ValidationError("This day is over. Please ask the partner for another key.")
        return day

    def clean_endpoint(self) -> str:
        """An address that packages may be sent to."""
        endpoint: str = self.cleaned_data["endpoint"].strip()
        try:
            must_be_sendable(endpoint)
        except Refused as why:
            raise ValidationError(f"{why.reason[:1].upper()}{why.reason[1:]}.") from None
        return endpoint


class PartnerForm(ReachForm):
    """A partner, for the register."""

    name = forms.CharField(label="Name", max_length=120, validators=[refuse_line_breaks])
    country = forms.ChoiceField(label="Country")
    statement = forms.URLField(
        label="Its own statement", max_length=300, assume_scheme="https",
        help_text="The address of its privacy statement.",
    )  # fmt: skip
    desk = forms.EmailField(label="Its privacy desk", max_length=254)
    field_order = ("name", "country", "statement", "desk", "key", "key_ends_on", "endpoint")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Choose"), *countries().items()]  # type: ignore[attr-defined]

    def clean_statement(self) -> str:
        """It is linked from our pages: over TLS, and nothing that runs."""
        address: str = self.cleaned_data["statement"]
        if not address.startswith("https://"):
            raise ValidationError("Please give an address that begins with https://.")
        return address

    def clean_name(self) -> str:
        """Each partner is on the register once."""
        name: str = self.cleaned_data["name"]
        if Partner.objects.filter(name=name).exists():
            raise ValidationError("A partner of this name is on the register.")
        return name


class PromotionForm(forms.Form):
    """A joint offer, as its page will state it."""

    title = forms.CharField(label="Title", max_length=120, validators=[refuse_line_breaks])
    text = forms.CharField(label="What is offered", max_length=2000, widget=forms.Textarea)
    partners = forms.ModelMultipleChoiceField(
        label="Partners", queryset=Partner.objects.none(), widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    gets = forms.MultipleChoiceField(label="What the partners get", widget=forms.CheckboxSelectMultiple)
    ends_on = forms.DateField(label="Ends on", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["partners"].queryset = Partner.objects.filter(ended_at=None)  # type: ignore[attr-defined]
        self.fields["gets"].choices = [(name, recipients.kind(name)) for name in shareable()]  # type: ignore[attr-defined]

    def clean_ends_on(self) -> datetime:
        """The end of that day."""
        moment = datetime.combine(self.cleaned_data["ends_on"], time.max, UTC)
        if moment <= timezone.now():
            raise ValidationError("Please choose a day to come.")
        return moment

    def wanted(self) -> Wanted:
        """What was asked for."""
        told = self.cleaned_data
        return Wanted(told["title"], told["text"], told["gets"], list(told["partners"]), told["ends_on"])


def shareable() -> list[str]:
    """The categories of an interest that the statement lets a partner have."""
    policy, grounds = statement.current(), frozenset({GROUND})
    held = [seal.category for seal in Interest.seals.values()]
    return [
        name for name in held if isinstance(policy.decide("share", name, PURPOSE, RECIPIENT, grounds), Permit)
    ]
