"""The forms of offers of ours.  What whoever answers is asked comes out of the statement."""

from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from troth.gate.collection import CollectionForm, refuse_line_breaks

from . import showing
from .flows import PLACE
from .models import OwnOffer, Response

ALL = "everybody"
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ResponseForm(CollectionForm):
    """An answer to an offer of ours."""

    place = PLACE
    model = Response
    autocomplete: ClassVar = {"name": "name", "phone": "tel", "email": "email"}

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, offer: OwnOffer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = offer.digest()


class OfferForm(forms.Form):
    """An offer of ours, as its page will state it."""

    title = forms.CharField(label="Title", max_length=120, validators=[refuse_line_breaks])
    text = forms.CharField(
        label="What is offered", max_length=1000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="It never changes afterwards: answers are kept with its hash.",
    )  # fmt: skip
    shown_to = forms.ChoiceField(label="Shown to")
    begins_on = forms.DateField(label="From", widget=DATE)
    ends_on = forms.DateField(label="Until", widget=DATE, help_text="The last day on which it is shown.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shown_to"].choices = [(ALL, "Everybody"), *showing.choices()]  # type: ignore[attr-defined]
        self.fields["begins_on"].initial = timezone.now().date()

    def clean_ends_on(self) -> date:
        """A day to come, or today."""
        day: date = self.cleaned_data["ends_on"]
        if day < timezone.now().date():
            raise ValidationError("This day is over.")
        return day

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("begins_on") and told.get("ends_on") and told["ends_on"] < told["begins_on"]:
            self.add_error("ends_on", "It would end before it begins.")
        return told

    def wanted(self) -> tuple[str, str, str, datetime, datetime]:
        """What was asked for, as `flows.offer` takes it."""
        told = self.cleaned_data
        days = (
            datetime.combine(told["begins_on"], time(), UTC),
            datetime.combine(told["ends_on"], time.max, UTC),
        )
        return told["title"], told["text"], told["shown_to"].removeprefix(ALL), *days
