"""The form of a legal record: what it asks for about the matter comes out of the statement."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.collection import CollectionForm, refuse_line_breaks
from troth.gate.countries import countries
from troth.gate.errors import GateError
from troth.gate.export import handing
from troth.gate.published import statement

from .flows import LONGEST, PLACE, Scope, subjects_of
from .models import LegalRecord

MOST_NAMED = 50
LARGEST_ORDER = 900_000
"""Bytes: what the door takes with a form is little more."""
BEYOND = ("archive", "staff-record")
"""Kinds of data about people that no record covers here: copies of the rest, and our own staff's."""


def choices() -> list[tuple[str, str]]:
    """The kinds of data that a record may cover, in the statement's words."""
    known = statement.current().categories
    parents = ("about-people", "data-about-customers", "billing")
    names = [
        name for name, each in known.items()
        if each.parent in parents and not set(each.children) & {"contact", "billing", "qualification"}
    ]  # fmt: skip
    return [(name, known[name].label) for name in (*names, "customer-data") if name not in BEYOND]


class _Day(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        invalid = "This is not a day. Write it as 2027-01-31."
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, error_messages={"invalid": invalid, "required": invalid}, **kwargs)


class RecordForm(CollectionForm):
    """Who asks what, about whom, and until when it holds."""

    place = PLACE
    model = LegalRecord
    kind = forms.ChoiceField(
        label="What is it?", choices=LegalRecord.Kind.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose one of the two."},
    )  # fmt: skip
    country = forms.ChoiceField(label="Country", help_text="Where what is disclosed goes.")
    dated = _Day(label="Dated")
    who = forms.CharField(
        label="Whom it is about", widget=forms.Textarea(attrs={"rows": 3}), max_length=6000,
        help_text="An e-mail address, or the id of a workspace, a company or a person, one a line.",
    )  # fmt: skip
    categories = forms.MultipleChoiceField(
        label="What of theirs", widget=forms.CheckboxSelectMultiple,
        help_text="Only what is ticked can be opened or disclosed.",
        error_messages={"required": "Please tick what it covers."},
    )  # fmt: skip
    since = _Day(label="Made from", required=False, help_text="Leave it out to go back to the beginning.")
    before = _Day(label="Made until", required=False, help_text="The last day that is covered.")
    deadline = _Day(label="To be answered by", required=False)
    ends_at = _Day(label="Ends", help_text=f"What it covers is kept until then; {LONGEST.days} days at most.")
    untold_to = _Day(
        label="Nobody may be told before", required=False,
        help_text="Only where telling is forbidden. Without it they are told when the record is approved.",
    )  # fmt: skip
    key = forms.CharField(
        label="Public key for the package", required=False, max_length=100, validators=[refuse_line_breaks],
        help_text="A key of age, as whoever it is for made it. Without one nothing is handed over.",
    )  # fmt: skip
    file = forms.FileField(
        label="The order itself", required=False, max_length=200,
        help_text=f"Up to {LARGEST_ORDER // 1000} kB. A longer one is kept on paper.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "Choose"), *countries().items()]  # type: ignore[attr-defined]
        self.fields["categories"].choices = choices()  # type: ignore[attr-defined]
        self.fields["reasons"].widget.attrs["rows"] = 5
        self.order_fields(["kind", "authority", "reference_given", "reasons"])

    def clean_who(self) -> frozenset[Any]:
        """Whom the lines name.  Raises ValidationError."""
        lines = {line.strip() for line in self.cleaned_data["who"].splitlines() if line.strip()}
        if len(lines) > MOST_NAMED:
            raise forms.ValidationError(f"Name {MOST_NAMED} at most in one record.")
        try:
            return frozenset(subjects_of(lines))
        except NotNow as why:
            raise forms.ValidationError(str(why)) from None

    def clean_key(self) -> str:
        """A public key of age, or nothing.  Raises ValidationError."""
        key: str = self.cleaned_data["key"]
        try:
            if key:
                handing.check_key(key)
        except GateError as why:
            raise forms.ValidationError(f"{str(why).capitalize()}.") from None
        return key

    def clean_file(self) -> Any:
        """The order, if it is not too large."""
        file = self.cleaned_data["file"]
        if file is not None and file.size > LARGEST_ORDER:
            raise forms.ValidationError(f"This file is larger than {LARGEST_ORDER // 1000} kB.")
        return file

    def clean(self) -> dict[str, Any]:
        """What makes sense only together."""
        told: dict[str, Any] = super().clean() or {}
        if told.get("kind") == LegalRecord.Kind.ORDER and not told.get("authority"):
            self.add_error("authority", "Please say whose order it is.")
        if told.get("since") and told.get("before") and told["since"] > told["before"]:
            self.add_error("before", "This day lies before the first one.")
        if told.get("dated") and told["dated"] > timezone.now().date() + timedelta(days=1):
            self.add_error("dated", "This day is not there yet.")
        return told

    def scope(self) -> Scope:
        """Whom it is about, and what of theirs."""
        told = self.cleaned_data
        return Scope(
            told["who"], tuple(told["categories"]), midnight(told["since"]), midnight(told["before"], days=1)
        )

    def facts(self) -> dict[str, Any]:
        """What is no word about anybody."""
        told = self.cleaned_data
        return {
            "kind": told["kind"], "country": told["country"], "dated": told["dated"], "deadline": told["deadline"],
            "ends_at": midnight(told["ends_at"]), "untold_to": midnight(told["untold_to"]), "key": told["key"],
        }  # fmt: skip


def midnight(day: Any, days: int = 0) -> datetime | None:
    """The first moment of a day in UTC, or of one so many days later."""
    return datetime.combine(day + timedelta(days=days), time(), UTC) if day else None
