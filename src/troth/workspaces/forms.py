"""The forms of workspaces.  What they ask for comes out of the statement."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core import signing
from django.utils import timezone

from troth.gate.collection import CollectionForm, refuse_line_breaks
from troth.gate.ids import uuid7

from .access import PLACE
from .models import GRANTABLE, Offer, Right, Role, Workspace


def new_submission() -> str:
    """A sealed id for the row that a form will make, so that its button can be pressed twice."""
    return signing.dumps(uuid7().hex, salt=PLACE)


def row_id(submission: str) -> UUID:
    """The id in it.  Raises ValidationError when it was made up, or is a day old."""
    try:
        return UUID(signing.loads(submission, salt=PLACE, max_age=24 * 3600))
    except (signing.BadSignature, ValueError):
        raise forms.ValidationError("This form has been open for too long. Please send it again.") from None


class OnceForm(forms.Form):
    """A form that makes one row, however often its button is pressed."""

    submission = forms.CharField(widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = new_submission()

    def clean_submission(self) -> UUID:
        """The id that the new row will have."""
        return row_id(self.cleaned_data["submission"])


class WorkspaceForm(CollectionForm):
    """The name of a workspace."""

    place = PLACE
    model = Workspace

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["name"]
        field.label, field.required = "Name of the workspace", True
        why = "So that its people recognise it. Only they can read it."
        field.why = field.help_text = why  # type: ignore[attr-defined]
        field.error_messages["required"] = "Please give the workspace a name."


class BeginForm(WorkspaceForm):
    """A new workspace, and the agreement it stands on."""

    accepts = forms.BooleanField(
        label="Our company accepts the Subscription Agreement", required=True,
        error_messages={"required": "Without the agreement we cannot keep anything for you. Please read and accept it."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, is_accepted: bool = False, companies: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_accepted:
            del self.fields["accepts"]
        if len(companies) > 1:
            self.fields["company"] = forms.ChoiceField(label="Company", choices=companies)


class SeatForm(forms.Form):
    """Somebody of the company, and what they may do here."""

    person = forms.ChoiceField(label="Who")
    role = forms.ChoiceField(label="Role", initial=Role.EDITOR.value)

    def __init__(
        self, *args: Any, people: list[tuple[str, str]], roles: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people  # type: ignore[attr-defined]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role for somebody in the workspace."""

    role = forms.ChoiceField(label="Role", choices=Role.choices)


class PartField(forms.ChoiceField):
    """A part, or all of it, which is no less of an answer."""

    def validate(self, value: Any) -> None:
        """Nothing is an answer where it is among the choices."""
        if value or not self.valid_value(""):
            super().validate(value)


class OfferForm(CollectionForm):
    """Whom to let in, to what, how far and until when."""

    place = PLACE
    model = Offer
    part = PartField(label="What", error_messages={"required": "Please choose what to open to them."})
    right = forms.ChoiceField(label="They may", initial=Right.VIEW.value)
    last_day = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="On the evening of this day (UTC) the access ends by itself. Leave it empty to end it yourself.",
        error_messages={"invalid": "This is not a date. Write it as year-month-day, such as 2027-01-31."},
    )  # fmt: skip
    is_for_company = forms.BooleanField(
        label="For everybody in their company", required=False,
        help_text="An owner or an administrator of that company has to accept.",
    )  # fmt: skip

    def __init__(self, *args: Any, parts: dict[UUID, str], may_whole: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = [("", "The whole workspace")] if may_whole else []
        self.fields["part"].choices = [*whole, *((str(key), name) for key, name in parts.items())]  # type: ignore[attr-defined]
        self.fields["right"].choices = [(each.value, each.label) for each in GRANTABLE]  # type: ignore[attr-defined]
        field = self.fields["email"]
        field.label, field.required = "E-mail address", True
        why = "They get one message. We delete the address when they accept, or after 7 days."
        field.why = field.help_text = why  # type: ignore[attr-defined]

    def clean_last_day(self) -> datetime | None:
        """The end of the access: the last moment of the day."""
        day = self.cleaned_data["last_day"]
        if day is None:
            return None
        end = datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.get_default_timezone())
        if end <= timezone.now():
            raise forms.ValidationError("This day is over. Choose today or a later day.")
        return end

    def clean_part(self) -> UUID | None:
        """The collection or file, or nothing for the whole workspace."""
        return UUID(self.cleaned_data["part"]) if self.cleaned_data["part"] else None


class NameTypedForm(forms.Form):
    """The typed confirmation that a workspace is to be deleted."""

    name = forms.CharField(
        label="Name of the workspace", max_length=160, validators=[refuse_line_breaks],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Type it as it stands above, so that nobody deletes a workspace by a slip.",
        error_messages={"required": "Please type the name of the workspace."},
    )  # fmt: skip
