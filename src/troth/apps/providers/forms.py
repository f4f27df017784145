"""The forms of staff about providers, and those of providers on their own page."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from troth.gate.collection import refuse_line_breaks
from troth.gate.duties import rules
from troth.gate.duties.contracts import Paper
from troth.gate.duties.models import LONGEST_NOTICE, Duty
from troth.gate.duties.registering import Wanted
from troth.gate.duties.reporting import LONGEST_NOTE
from troth.gate.published import statement
from troth.gate.telling import recipients

LARGEST_CONTRACT = 10_000_000
OFFERED = (Duty.Channel.PULL, Duty.Channel.WEBHOOK, Duty.Channel.FILE)
DATE = forms.DateInput(attrs={"type": "date"})


def _names() -> list[tuple[str, str]]:
    return [(name, recipients.name(name)) for name in rules.recipients()]


class ContractForm(forms.Form):
    """The contract with a provider, and its file."""

    recipient = forms.ChoiceField(label="Provider")
    number = forms.CharField(label="Number of the contract", max_length=80, validators=[refuse_line_breaks])
    signed_on = forms.DateField(label="Signed on", widget=DATE)
    ends_on = forms.DateField(label="Ends on", widget=DATE, required=False)
    file = forms.FileField(
        label="File", required=False, max_length=200,
        help_text="Up to 10 MB. It is kept sealed; each look at it is on record.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].choices = _names()  # type: ignore[attr-defined]

    def clean_file(self) -> Paper | None:
        """The file as it was sent, or None."""
        sent = self.cleaned_data.get("file")
        if not sent:
            return None
        if sent.size > LARGEST_CONTRACT:
            raise ValidationError("This file is larger than 10 MB.")
        return Paper(sent.name, sent.content_type or "application/octet-stream", sent.read())

    def clean(self) -> dict[str, Any]:
        """It ends after it begins."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        signed, ends = told.get("signed_on"), told.get("ends_on")
        if signed and ends and ends < signed:
            self.add_error("ends_on", "The contract would end before it was signed.")
        return told


class DutyForm(forms.Form):
    """A new duty: for whom, whom it covers, what it needs, how it gets it, until when."""

    recipient = forms.ChoiceField(label="Provider")
    rule = forms.ChoiceField(label="Whom it covers")
    categories = forms.MultipleChoiceField(
        label="What it needs", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Please choose what the duty needs."},
    )  # fmt: skip
    channel = forms.ChoiceField(label="How it gets the records")
    endpoint = forms.CharField(
        label="Address to send to", required=False, max_length=300, validators=[refuse_line_breaks],
        help_text="For signed sending alone: https, at the host that company.toml names for the provider.",
    )  # fmt: skip
    notice = forms.CharField(
        label="Notice to be sent", required=False, max_length=LONGEST_NOTICE, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For a mailing alone: the same text for everybody. No names in it.",
    )  # fmt: skip
    ends_on = forms.DateField(label="Last day", widget=DATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted({name for rule in rules.RULES.values() for name in rule.fields})
        policy = statement.current()
        shared = {
            cell[1]
            for cell in policy.cells()
            if cell[0] == "share" and (cell[3], cell[2]) in rules.purposes(policy)
        }
        choices = {
            "recipient": _names(),
            "rule": [(rule.name, rule.label.capitalize()) for rule in rules.RULES.values()],
            "categories": [(name, recipients.kind(name)) for name in known if name in shared],
            "channel": [
                (value, str(label).capitalize()) for value, label in Duty.Channel.choices if value in OFFERED
            ],
        }  # fmt: skip
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def clean_ends_on(self) -> date:
        """A day to come, and not for ever."""
        day: date = self.cleaned_data["ends_on"]
        today = timezone.now().date()
        if not today < day <= today + timedelta(days=3660):
            raise ValidationError("A duty ends on a day to come, within ten years.")
        return day

    def wanted(self) -> Wanted:
        """What is asked for."""
        told = self.cleaned_data
        return Wanted(
            told["recipient"], told["rule"], told["categories"], datetime.combine(told["ends_on"], time(), UTC),
            told["channel"], told["endpoint"], told["notice"],
        )  # fmt: skip


class KeyForm(forms.Form):
    """A provider comes in by its key."""

    key = forms.CharField(
        label="Key", max_length=100, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Please give the key of your duty."},
    )  # fmt: skip


class ReportForm(forms.Form):
    """What came of one record."""

    said = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.CharField(label="Mark of the record", max_length=32)
    outcome = forms.ChoiceField(label="How it went")
    note = forms.CharField(
        label="Note", required=False, max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Whoever it is about sees it.",
    )  # fmt: skip

    def __init__(self, *args: Any, outcomes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["said"].initial = uuid.uuid4()
        self.fields["outcome"].choices = [(value, label.capitalize()) for value, label in outcomes.items()]  # type: ignore[attr-defined]
