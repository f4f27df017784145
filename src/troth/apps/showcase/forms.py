"""The forms of the showcase.  What they ask for comes out of the statement."""

from typing import Any, ClassVar

from django import forms

from troth.gate.collection import CollectionForm

from .models import Publication

KIND = "Where it will stand"


class WritingForm(CollectionForm):
    """What is to stand on a page, in its owner's words (clause public.showcase)."""

    place = "showcase-permission"
    model = Publication
    autocomplete: ClassVar = {"name": "name", "title": "organization-title", "company": "organization"}

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        self._kind = kind
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = self._kind or cleaned.get("kind")
        if kind == Publication.Kind.LISTING and "company" in self.fields and not cleaned.get("company"):
            self.add_error("company", "Please fill in: company. It is what the list shows first.")
        return cleaned


class OfferForm(WritingForm):
    """The same, for something new."""

    kind = forms.ChoiceField(
        label=KIND, choices=Publication.Kind.choices,
        error_messages={"required": "Please choose where it will stand.", "invalid_choice": "Please choose one of them."},
    )  # fmt: skip
    field_order = ("kind", "text", "name", "title", "company")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)


class AskForm(CollectionForm):
    """A request of ours: whom to ask, for what, in which words."""

    place = "showcase-desk"
    model = Publication
    address = forms.EmailField(
        label="E-mail address of the Customer’s owner", max_length=254,
        help_text="It is looked up and not kept. They find the request in their account, and a message tells them.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Please fill in: e-mail address."},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=KIND,
        choices=Publication.Kind.choices,
        error_messages={
            "required": "Please choose where it will stand.",
            "invalid_choice": "Please choose one.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(("address", "kind", "text"))
        if "text" in self.fields:
            self.fields["text"].help_text = self.fields["text"].why = (  # type: ignore[attr-defined]
                "What you propose. They may change it, and nothing appears before they permit it."
            )
