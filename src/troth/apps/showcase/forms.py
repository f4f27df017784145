"""The forms of the showcase.  What they ask for comes out of the statement."""

from typing import Any, ClassVar

from django import forms

from troth.gate.collection import CollectionForm, sentence

from .models import LOGO, Publication

KIND = "Where it will stand"
LARGEST_LOGO = 200_000
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"))


def kind_of_picture(data: bytes) -> str:
    """The media type of a picture, told from its first bytes; blank for anything else.

    Pixels only: SVG is a document that can run, so it is none of them.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _PICTURES if data.startswith(beginning)), "")


class WritingForm(CollectionForm):
    """What is to stand on a page, in its owner's words (clause public.showcase)."""

    place = "showcase-permission"
    model = Publication
    autocomplete: ClassVar = {"name": "name", "title": "organization-title", "company": "organization"}

    without_logo = forms.BooleanField(label="Take the logo away", required=False)

    def __init__(self, *args: Any, kind: str = "", has_logo: bool = False, **kwargs: Any) -> None:
        self._kind = kind
        super().__init__(*args, **kwargs)
        if not has_logo:
            del self.fields["without_logo"]
        if self.fields.pop("picture", None):  # what it is, is told from the file
            self.fields["logo"] = self._logo(has_logo)
        self.order_fields(("kind", "text", "name", "title", "company", "logo", "without_logo"))

    def _logo(self, has_logo: bool) -> forms.Field:
        item = next(item for item in self.items if item.category == LOGO)
        why = f"{sentence(item.why)} PNG, JPEG or WebP, up to {LARGEST_LOGO // 1000} kB."
        if has_logo:
            why += " The one that is there stays if you choose none."
        field = forms.FileField(
            label=item.label,
            required=False,
            help_text=why,
            widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        )
        field.why = why  # type: ignore[attr-defined]
        return field

    def clean_logo(self) -> bytes | None:
        """Its bytes, when they are a picture."""
        sent = self.cleaned_data.get("logo")
        if not sent:
            return None
        if sent.size > LARGEST_LOGO:
            raise forms.ValidationError(f"This file is too large: a logo may have {LARGEST_LOGO // 1000} kB.")
        data: bytes = sent.read()
        if not kind_of_picture(data):
            raise forms.ValidationError("This is no picture that we can show: send a PNG, JPEG or WebP file.")
        return data

    @property
    def picture(self) -> bytes | None:
        """What is to become of the logo: other bytes, none at all (empty), or nothing (None)."""
        if self.cleaned_data.get("without_logo"):
            return b""
        logo: bytes | None = self.cleaned_data.get("logo")
        return logo

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
