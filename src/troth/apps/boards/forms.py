"""The form of a board."""

from typing import ClassVar

from django import forms

from .models import Section


class SectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A board: its name, what it is about, and its address."""

    required_css_class = "required"

    class Meta:
        model = Section
        fields = ("name", "about", "slug", "order")
        labels: ClassVar = {"slug": "Address", "about": "What it is about", "order": "Place among the others"}
        help_texts: ClassVar = {"slug": "Small letters, digits and hyphens; it stays as it is."}

    def clean_slug(self) -> str:
        """Not a word that has a page of its own."""
        slug: str = self.cleaned_data["slug"].lower()
        if slug in ("search", "feed", "topics"):
            raise forms.ValidationError("This address has a page of its own. Please choose another.")
        return slug
