"""The forms of collections, of their fields, and of records, which are made from the fields."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms

from troth.gate.collection import refuse_card_number, refuse_line_breaks
from troth.workspaces.forms import OnceForm

from .models import Collection, Finding, Kind
from .shape import MOST_CHOICES, TEMPLATES, Draft

NAME: dict[str, Any] = {
    "max_length": 120, "validators": [refuse_line_breaks, refuse_card_number],
    "widget": forms.TextInput(attrs={"autocomplete": "off"}),
}  # fmt: skip
MEANS = (
    "Everything is kept locked with this workspace’s key. A searchable field also leaves a keyed mark of each value, by"
    " which a whole value can be found, and nothing else. A plain field is kept unlocked beside the rest: only then can"
    " it be sorted and searched by ranges. Choose plain only for what may be read by whoever gets hold of our disks."
    " This cannot be changed later."
)


class CollectionForm(OnceForm):
    """A new collection: from a template or from nothing."""

    template = forms.ChoiceField(
        label="Begin with", widget=forms.RadioSelect, initial="contacts",
        choices=[
            *((key, f"{title}: {', '.join(each.name for each in drafts)}") for key, (title, drafts) in TEMPLATES.items()),
            ("nothing", "Nothing: you add each field yourself"),
        ],
        help_text="Fields can be added, renamed and taken away later.",
    )  # fmt: skip
    name = forms.CharField(
        label="Name", required=False, help_text="Left empty, it is called like what it begins with.", **NAME
    )
    field_order = ("template", "name")

    def clean(self) -> dict[str, Any]:
        """From nothing, a name is needed."""
        told = super().clean() or self.cleaned_data
        if not told.get("name") and "template" in told and "name" not in self.errors:
            if told["template"] not in TEMPLATES:
                self.add_error("name", "Please give the collection a name.")
            else:
                told["name"] = TEMPLATES[told["template"]][0]
        return told

    def drafts(self) -> tuple[Draft, ...]:
        """The fields to begin with."""
        template = self.cleaned_data["template"]
        return TEMPLATES[template][1] if template in TEMPLATES else ()


class RenameForm(forms.Form):
    """Another name for a collection."""

    name = forms.CharField(
        label="Name of the collection", error_messages={"required": "Please give it a name."}, **NAME
    )


class TypedForm(forms.Form):
    """The typed confirmation that a collection is to be deleted."""

    name = forms.CharField(
        label="Name of the collection", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Type it as it stands above, so that nobody deletes a collection by a slip.",
        error_messages={"required": "Please type the name of the collection."},
    )  # fmt: skip


class ShapeForm(forms.Form):
    """What can be changed of a field: its name, whether it has to be filled in, its choices."""

    use_required_attribute = False
    name = forms.CharField(label="Name", error_messages={"required": "Please give the field a name."}, **NAME)
    choices = forms.CharField(
        label="Choices", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One on each line.", validators=[refuse_card_number],
    )  # fmt: skip
    is_required = forms.BooleanField(label="Has to be filled in", required=False)

    def __init__(self, *args: Any, has_choices: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_choices = has_choices
        if not has_choices:
            del self.fields["choices"]

    def clean_choices(self) -> tuple[str, ...]:
        """The choices in their order, each once."""
        lines = [line.strip() for line in self.cleaned_data["choices"].splitlines()]
        found = tuple(dict.fromkeys(line for line in lines if line))
        if len(found) > MOST_CHOICES or any(len(each) > 120 for each in found):
            raise forms.ValidationError(f"{MOST_CHOICES} choices at most, each of 120 characters at most.")
        return found

    def clean(self) -> dict[str, Any]:
        """A field to choose from has something to choose."""
        told = super().clean() or self.cleaned_data
        if self.has_choices and self.is_choice(told) and told.get("choices") == ():
            self.add_error("choices", "Please write down what can be chosen.")
        return told

    def is_choice(self, told: Mapping[str, Any]) -> bool:
        """Whether the field is one to choose from."""
        return self.has_choices


class FieldForm(OnceForm, ShapeForm):
    """A further field."""

    kind = forms.ChoiceField(
        label="What it holds", initial=Kind.TEXT.value,
        choices=Kind.choices,
    )  # fmt: skip
    target = forms.ChoiceField(
        label="Of which collection", required=False,
        help_text="Only for a record of another collection.",
    )  # fmt: skip
    finding = forms.ChoiceField(
        label="How its values are kept", widget=forms.RadioSelect, initial=Finding.NONE.value,
        choices=Finding.choices, help_text=MEANS,
    )  # fmt: skip
    field_order = ("name", "kind", "choices", "target", "finding", "is_required")

    def __init__(self, *args: Any, targets: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].choices = [("", "None"), *targets]  # type: ignore[attr-defined]
        self.fields["choices"].help_text = "Only for a choice: one on each line."

    def is_choice(self, told: Mapping[str, Any]) -> bool:
        """Whether the field is one to choose from."""
        return told.get("kind") == Kind.CHOICE

    def clean(self) -> dict[str, Any]:
        """What is said must fit the kind."""
        told = super().clean()
        kind, finding = told.get("kind"), told.get("finding")
        if kind == Kind.REFERENCE and "target" in told and not told["target"]:
            self.add_error("target", "Please choose the collection whose records it names.")
        if kind == Kind.BOOLEAN and finding == Finding.UNIQUE:
            self.add_error("finding", "There are only two values, so no field of yes or no is unique.")
        return told

    def draft(self) -> Draft:
        """The field to be."""
        told = self.cleaned_data
        is_choice, is_reference = told["kind"] == Kind.CHOICE, told["kind"] == Kind.REFERENCE
        return Draft(
            told["name"], told["kind"], told["finding"], told["is_required"], told["choices"] if is_choice else (),
            UUID(told["target"]) if is_reference else None,
        )  # fmt: skip


def collection_choices(rows: Sequence[Collection]) -> list[tuple[str, str]]:
    """Collections to refer to, inside the use."""
    return [(str(row.pk), row.name) for row in rows]


def name_of(field: UUID) -> str:
    """What the control of a field is called."""
    return f"f-{field.hex}"
