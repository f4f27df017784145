"""Filters of the office's lists."""

from typing import Any

from django import forms

from troth.accounts.models import Role
from troth.gate.journal.models import Entry
from troth.gate.published import statement

NOT_LISTED = {"invalid_choice": "Please choose one of these."}


class LedgerFilter(forms.Form):
    """By purpose and by who acted; a blank field filters nothing."""

    purpose = forms.ChoiceField(required=False, label="Purpose", error_messages=NOT_LISTED)
    recipient = forms.ChoiceField(required=False, label="Who", error_messages=NOT_LISTED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = statement.current()
        used = Entry.objects.order_by("purpose").values_list("purpose", flat=True).distinct()
        purposes = [(name, policy.purposes[name].label) for name in used if name in policy.purposes]
        people = [
            (name, policy.recipients[name].label)
            for name in ("system", "data-subject", "mail-carrier", *Role.values)
        ]
        self.fields["purpose"].choices = [("", "Any purpose"), *purposes]  # type: ignore[attr-defined]
        self.fields["recipient"].choices = [("", "Anybody"), *people]  # type: ignore[attr-defined]
