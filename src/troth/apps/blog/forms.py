"""The form of an article: a post, and the address at which it stands."""

from typing import Any

from django import forms
from django.utils.text import slugify

from troth.posting.forms import ComposerForm
from troth.posting.models import Post

TAKEN = frozenset({"feed"})


class ArticleForm(ComposerForm):
    """An article by a member of staff (clause public.posts)."""

    slug = forms.SlugField(
        label="Address", required=False, max_length=80,
        help_text="Small letters, digits and hyphens; from the title, if you leave it blank. It stays as it is.",
    )  # fmt: skip

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **{"kind": Post.Kind.ARTICLE, "has_title": True, **kwargs})
        if not is_new:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        """Not a word that has a page of its own."""
        slug: str = self.cleaned_data["slug"].lower()
        if slug in TAKEN:
            raise forms.ValidationError("This address has a page of its own. Please choose another.")
        return slug

    @property
    def address(self) -> str:
        """The address that was chosen, or one made of the title."""
        made = slugify(self.cleaned_data["title"])[:70].strip("-")
        slug: str = self.cleaned_data["slug"] or made
        return slug if slug and slug not in TAKEN else f"article-{self.row_id[-8:]}"
