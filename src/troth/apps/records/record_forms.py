"""The form of a record, made from the fields of its collection."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from troth.workspaces.access import Access
from troth.workspaces.forms import new_submission, row_id
from troth.workspaces.models import Right
from troth.workspaces.sections import find_files

from .flows import Wrong
from .forms import name_of
from .kinds import LONGEST
from .models import Collection, Field, Finding, Kind
from .naming import IN_ADDRESS, offered, offered_files, pointed_at
from .shape import choices_of

FILL = "Please fill this in."
NO_SUCH = (
    "No record is called so. Type the whole name as it stands, or paste the address of the record’s page."
)
NO_SUCH_FILE = (
    "No file that is open to you has this address. Open the file, and copy the address of its page."
)
SEVERAL = "Several records are called so. Paste the address of the one that you mean."


class RecordForm(forms.Form):
    """One control for each field, right for its kind; what the kind takes is decided when the record is written."""

    use_required_attribute = False
    submission = forms.CharField(widget=forms.HiddenInput, required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(
        self, *args: Any, controls: Mapping[UUID, forms.Field], one: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if one:
            del self.fields["submission"], self.fields["revision"]
        else:
            self.fields["submission"].initial = new_submission()
        self.of = {pk: name_of(pk) for pk in controls}
        self.fields |= {name_of(pk): control for pk, control in controls.items()}

    def say_again(self, **hidden: Any) -> None:
        """Show it as it was sent, with other hidden values: nothing of what was typed is lost."""
        told: Any = self.data
        self.data = told.copy()
        for name, value in hidden.items():
            self.data[name] = value  # type: ignore[index]

    def row_id(self) -> UUID | None:
        """The id that a new record will have; None when the form was made up or is a day old."""
        try:
            return row_id(self.cleaned_data["submission"])
        except forms.ValidationError:
            return None

    def texts(self) -> dict[UUID, str]:
        """What was typed, by field."""
        return {pk: self.cleaned_data.get(name) or "" for pk, name in self.of.items()}

    def take(self, wrong: Wrong) -> None:
        """Say what is wrong beside the controls; of fields that are not here, above them."""
        for pk, fault in wrong.faults.items():
            self.add_error(
                self.of.get(pk), fault if pk in self.of else f"A field that is not open to you: {fault}"
            )


class Pointing(forms.CharField):
    """A record of a large collection: its whole name, or the address of its page.  Read inside the use."""

    def __init__(self, target: UUID, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target

    def clean(self, value: Any) -> str:
        """The id of the record."""
        text: str = super().clean(value)
        if not text:
            return ""
        found = pointed_at(self.target, text)
        if len(found) != 1:
            raise ValidationError(SEVERAL if found else NO_SUCH)
        return str(found[0])


class PointingToFile(forms.CharField):
    """A file of a workspace with many: the address of its page.  Read inside the use."""

    def __init__(self, access: Access, held: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.access, self.held = access, held

    def clean(self, value: Any) -> str:
        """The id of the file; the one that was there before stays, also when it is gone."""
        text: str = super().clean(value)
        if not text or text == self.held:
            return text
        named = IN_ADDRESS.search(text.strip())
        if named is None or not find_files(self.access, {UUID(named[1])}).get(UUID(named[1])):
            raise ValidationError(NO_SUCH_FILE)
        return str(UUID(named[1]))


def record_form(
    access: Access, collection: Collection, data: Any = None, *, only: UUID | bool | None = True,
    values: Mapping[UUID, str] | None = None, revision: int = 0,
) -> RecordForm:  # fmt: skip
    """The form of a record, inside the use; `only` one field of it, or none when that is no field."""
    fields = list(Field.objects.filter(collection=collection))
    wanted = [field for field in fields if only is True or field.pk == only]
    held = values or {}
    controls, lists = dict[UUID, forms.Field](), dict[UUID, list[tuple[str, str]] | None]()
    for field in wanted:
        control = _control(access, field, held.get(field.pk, ""), lists)
        if control is not None:
            controls[field.pk] = control
    initial = {name_of(pk): value for pk, value in held.items()} | {"revision": revision}
    return RecordForm(data, initial=initial, controls=controls, one=only is not True)


def _control(
    access: Access, field: Field, value: str, lists: dict[UUID, list[tuple[str, str]] | None]
) -> forms.Field | None:
    told: dict[str, Any] = {
        "label": str(field.name), "required": field.is_required, "error_messages": {"required": FILL},
    }  # fmt: skip
    if field.kind == Kind.FILE:
        return _file(access, value, told)
    if field.kind == Kind.REFERENCE:
        target = field.target_id
        if target is None or not access.allows(Right.VIEW, target):
            return None
        if target not in lists:
            lists[target] = offered(target)
        return _reference(target, lists[target], value, told)
    if field.kind == Kind.BOOLEAN:
        return _select([("1", "Yes"), ("0", "No")], value, told)
    if field.kind == Kind.CHOICE:
        return _select([(each, each) for each in choices_of(field)], value, told)
    return forms.CharField(widget=_widget(field, value), **told)


def _select(choices: list[tuple[str, str]], value: str, told: dict[str, Any]) -> forms.Field:
    if value and value not in dict(choices):
        choices = [*choices, (value, value)]
    return forms.ChoiceField(choices=[("", "–"), *choices], **told)


def _reference(
    target: UUID, choices: list[tuple[str, str]] | None, value: str, told: dict[str, Any]
) -> forms.Field:
    if choices is None:
        why = "Type the whole name of the record, or paste the address of its page."
        return Pointing(target, max_length=LONGEST, help_text=why, **told)
    if value and value not in dict(choices):
        choices = [*choices, (value, "The one it names is no longer there")]
    return forms.ChoiceField(choices=[("", "–"), *choices], **told)


def _file(access: Access, value: str, told: dict[str, Any]) -> forms.Field:
    choices = offered_files(access)
    if choices is None:
        why = "Paste the address of the file’s page."
        return PointingToFile(access, value, max_length=LONGEST, help_text=why, **told)
    if value and value not in dict(choices):
        is_there = bool(find_files(access, {UUID(value)}))
        why = "The one it names is not open to you" if is_there else "The one it names is no longer there"
        choices = [*choices, (value, why)]
    return forms.ChoiceField(choices=[("", "–"), *choices], **told)


def _widget(field: Field, value: str) -> forms.Widget:
    attrs = {"autocomplete": "off"}
    if field.kind == Kind.DATE:
        return forms.DateInput(attrs={**attrs, "type": "date"})
    if field.kind == Kind.NUMBER:
        return forms.TextInput(attrs={**attrs, "inputmode": "decimal"})
    if field.kind in (Kind.EMAIL, Kind.PHONE):
        return forms.TextInput(attrs={**attrs, "type": "email" if field.kind == Kind.EMAIL else "tel"})
    is_long = field.finding == Finding.NONE or "\n" in value
    return forms.Textarea(attrs={"rows": 1, "class": "grows"}) if is_long else forms.TextInput(attrs=attrs)
