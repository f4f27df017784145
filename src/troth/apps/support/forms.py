"""The forms of support: what they ask for comes out of the statement."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.utils import timezone

from troth.gate.collection import CollectionForm
from troth.workspaces.access import PLACE

from .grounds import new_number
from .models import LONGEST_INCIDENT, LONGEST_REQUEST, Incident, Sitting, SupportRequest

WHOLE, SALT = "whole", "incident"


class _Moment(forms.DateTimeField):
    """A day and a time, typed as browsers send them."""

    def __init__(self, longest: timedelta, **kwargs: Any) -> None:
        self.longest = longest
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        invalid = "This is not a day and a time. Write it as 2027-01-31 18:00."
        super().__init__(
            widget=widget, error_messages={"invalid": invalid, "required": "Please say until when."},
            initial=lambda: (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0), **kwargs,
        )  # fmt: skip

    def clean(self, value: Any) -> datetime:
        """The moment, if it lies ahead and not too far.  Raises ValidationError."""
        moment: datetime = super().clean(value)
        if moment <= timezone.now():
            raise forms.ValidationError("This moment is over. Choose a later one.")
        if moment > timezone.now() + self.longest:
            raise forms.ValidationError(f"Choose a moment within {self.longest.days} days.")
        return moment


class AskForm(CollectionForm):
    """What is wrong, what support may look at, and until when."""

    place = PLACE
    model = SupportRequest
    shown = forms.MultipleChoiceField(
        label="What we may look at", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Only what you tick, only until the request ends. Tick nothing if we can help without looking.",
        error_messages={"invalid_choice": "One of these parts is gone. Please choose again."},
    )  # fmt: skip
    ends_at = _Moment(
        LONGEST_REQUEST, label="Until when",
        help_text=f"In UTC, {LONGEST_REQUEST.days} days at most. You can end it earlier at any time.",
    )  # fmt: skip

    def __init__(self, *args: Any, parts: dict[UUID, str], may_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = [(WHOLE, "The whole workspace")] if may_all else []
        choices = [*whole, *((str(key), name) for key, name in parts.items())]
        self.fields["shown"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["shown"]
        field = self.fields["text"]
        field.widget.attrs["rows"] = 5
        field.label, field.required = "What is wrong?", True
        why = "So that we can help. Our support staff read it, and you see each time they do."
        field.why = field.help_text = why  # type: ignore[attr-defined]
        field.error_messages["required"] = "Please say in a few words what is wrong."

    def chosen(self) -> set[UUID] | None:
        """The parts that were ticked; None for the whole workspace."""
        ticked = self.cleaned_data.get("shown", [])
        return None if WHOLE in ticked else {UUID(each) for each in ticked}


class ReasonForm(CollectionForm):
    """Why somebody of staff looks."""

    place = PLACE
    model = Sitting
    reason = forms.ChoiceField(
        label="Why do you look?", choices=Sitting.Reason.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose a reason."},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["note"]
        field.widget.attrs["rows"] = 3
        field.label, field.required = "Note", True
        why = "What you look for, in a sentence. It is kept with the look, and the Customer can read it."
        field.why = field.help_text = why  # type: ignore[attr-defined]
        field.error_messages["required"] = "Please say in a sentence what you look for."
        self.order_fields(["reason", "note", "submission"])


def refuse_address(value: str) -> None:
    """An incident is about the Services: whose data it touches is not written into it."""
    if "@" in value:
        raise forms.ValidationError(
            "Please leave people out of it: no names, no addresses, nothing from a workspace."
        )


class IncidentForm(forms.Form):
    """What is wrong or planned, where, and until when."""

    kind = forms.ChoiceField(
        label="What is it?", choices=Incident.Kind.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose one of the two."},
    )  # fmt: skip
    about = forms.CharField(
        label="What it is about", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        validators=[refuse_address],
        help_text="In plain words, and without anybody’s data: the Customers it reaches can read it.",
    )  # fmt: skip
    workspaces = forms.CharField(
        label="Workspaces", widget=forms.Textarea(attrs={"rows": 3}), max_length=4000,
        help_text="The id of each workspace that it reaches, one a line. They are listed under “Workspaces”.",
    )  # fmt: skip
    ends_at = _Moment(
        LONGEST_INCIDENT, label="Until when", help_text=f"In UTC, {LONGEST_INCIDENT.days} days at most."
    )

    submission = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = signing.dumps(new_number("I"), salt=SALT)

    def clean_submission(self) -> str:
        """The number that the incident will have: a second press of the button opens no second one."""
        try:
            return str(signing.loads(self.cleaned_data["submission"], salt=SALT, max_age=24 * 3600))
        except signing.BadSignature:
            raise forms.ValidationError(
                "This form has been open for too long. Please send it again."
            ) from None

    def clean_workspaces(self) -> set[UUID]:
        """The ids.  Raises ValidationError for a line that is none."""
        try:
            return {
                UUID(line.strip()) for line in self.cleaned_data["workspaces"].splitlines() if line.strip()
            }
        except ValueError:
            raise forms.ValidationError("One of these lines is not the id of a workspace.") from None
