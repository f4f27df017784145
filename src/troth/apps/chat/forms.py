"""The form of a room.  That of a line is the core's."""

from typing import Any

from django import forms

from .models import Room

_SLUG = "Please use small letters, digits and hyphens only."


class RoomForm(forms.Form):
    """What a room is called, where it is, and what it is for."""

    name = forms.CharField(
        label="Name", max_length=60, error_messages={"required": "Please fill in: name."},
    )  # fmt: skip
    slug = forms.SlugField(
        label="Address", max_length=40,
        help_text="Small letters, digits and hyphens: the last part of its page’s address.",
        error_messages={"required": "Please fill in: address.", "invalid": _SLUG},
    )  # fmt: skip
    about = forms.CharField(
        label="What it is for", max_length=200, help_text="One sentence, for whoever looks for a room.",
        error_messages={"required": "Please fill in: what it is for."},
    )  # fmt: skip

    def __init__(self, *args: Any, room: Room | None = None, **kwargs: Any) -> None:
        if room is not None:
            kwargs["initial"] = {"name": room.name, "slug": room.slug, "about": room.about}
        super().__init__(*args, **kwargs)

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        return slug.lower()
