"""Forms of the office: filters of its lists, and who is invited to work here."""

from typing import Any

from django import forms

from troth.accounts.models import Role, StaffMember
from troth.gate.collection import CollectionForm
from troth.gate.countries import countries
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


class StaffForm(CollectionForm):
    """Who is invited to work here (clause security.credentials), as what, and where they sit (clause transfer.global)."""

    place = "staff-invitation"
    model = StaffMember

    role = forms.ChoiceField(label="Role", error_messages=NOT_LISTED)
    country = forms.ChoiceField(
        label="Country they work in",
        help_text="The statement’s page says from which countries our staff look at data.",
        error_messages={**NOT_LISTED, "required": "Please choose."},
    )

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["country"].choices = [("", "Choose"), *countries().items()]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role of somebody who works here."""

    role = forms.ChoiceField(choices=Role.choices)
