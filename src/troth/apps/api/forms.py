"""The form that makes a key."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from troth.gate.collection import refuse_card_number, refuse_line_breaks
from troth.workspaces.forms import OnceForm
from troth.workspaces.models import Right

from .models import LONGEST_DAYS, RIGHTS

USUAL_DAYS = 90


class KeyForm(OnceForm):
    """A key to be: what it is called, what it is for, how far it reaches, until when."""

    name = forms.CharField(
        label="Name", max_length=80, validators=[refuse_line_breaks, refuse_card_number],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What it is used for, such as “Web shop, orders”.",
        error_messages={"required": "Please give the key a name, so that you know later which one to end."},
    )  # fmt: skip
    right = forms.ChoiceField(label="It may", initial=Right.VIEW.value)
    part = forms.ChoiceField(label="What", required=False)
    last_day = forms.DateField(
        label="Last day", widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={
            "invalid": "This is not a date. Write it as year-month-day, such as 2027-01-31.",
            "required": "Please say until when the key is needed.",
        },
    )  # fmt: skip
    field_order = ("name", "right", "part", "last_day")

    def __init__(self, *args: Any, parts: dict[UUID, str], is_whole: bool, days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._days = min(days, LONGEST_DAYS)
        whole = [("", "The whole workspace" if is_whole else "Everything that is open to you")]
        self.fields["right"].choices = [(each.value, each.label) for each in RIGHTS]  # type: ignore[attr-defined]
        self.fields["part"].choices = [*whole, *((str(key), name) for key, name in parts.items())]  # type: ignore[attr-defined]
        day = self.fields["last_day"]
        day.initial = (_today() + timedelta(days=min(USUAL_DAYS, self._days - 1))).isoformat()
        day.help_text = f"On the evening of this day (UTC) the key ends by itself: within {self._days} days."

    def clean_right(self) -> Right:
        """One of the two."""
        return Right(self.cleaned_data["right"])

    def clean_part(self) -> UUID | None:
        """The collection, folder or file, or nothing."""
        return UUID(self.cleaned_data["part"]) if self.cleaned_data["part"] else None

    def clean_last_day(self) -> datetime:
        """The end of the key: the last moment of the day."""
        day: date = self.cleaned_data["last_day"]
        if day < _today():
            raise forms.ValidationError("This day is over. Choose today or a later day.")
        if day > _today() + timedelta(days=self._days - 1):
            raise forms.ValidationError(f"A key lasts {self._days} days here at most. Choose an earlier day.")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.get_default_timezone())


def _today() -> date:
    return timezone.now().date()
