"""The box in which a post is written.  What it asks for comes out of the statement."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from troth.gate.collection import CollectionForm, sentence
from troth.gate.published import statement

from . import text
from .drafts import Draft, Found, Quote, check_draft, has_card_number, warning
from .flows import CARD
from .models import Post, Report, longest_of
from .shown import Words

LONGEST_QUOTE = 1_000
WARNING = "posting-warning"
"""The id of the warning on the page, which each box is tied to."""


class ComposerForm(CollectionForm):
    """A post (clause public.posts).

    Sent and valid, it is posted only when `is_ready`: nothing was found in the draft, or its author saw what was.
    """

    place = "composer"
    model = Post

    quoted = forms.CharField(
        label="Words that you quote", required=False, max_length=LONGEST_QUOTE, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Leave of them what you answer to, as it stands there. They go when their author removes them.",
    )  # fmt: skip
    afterwards = forms.ChoiceField(
        label="If you leave", choices=Post.Afterwards.choices, widget=forms.RadioSelect, initial=Post.Afterwards.REMOVE,
        error_messages={"required": "Please choose what becomes of it when you leave."},
    )  # fmt: skip

    def __init__(
        self, *args: Any, kind: str = Post.Kind.BOARD, has_title: bool = False, source: tuple[Post, Words] | None = None,
        signs: str = "", fixed_name: str = "", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.kind, self.source, self.found = kind, source, list[Found]()
        self.warning = warning()
        if not has_title:
            self.fields.pop("title", None)
        elif "title" in self.fields:
            self.fields["title"].required = True
            self.fields["title"].error_messages["required"] = "Please fill in: title."
        self.fixed_name = fixed_name
        self._name(signs)
        self._quote()
        self._body()
        why = [
            each.why
            for each in statement.current().collects(self.place)
            if each.category == "posts.afterwards"
        ]
        self.fields["afterwards"].help_text = sentence(why[0] if why else "")
        self.order_fields(("title", "quoted", "body", "signed_as", "afterwards"))

    def _name(self, signs: str) -> None:
        """Whoever signed before signs so again, unless they write another name; a post keeps the one it has."""
        if self.fixed_name:
            self.fields.pop("signed_as", None)
        if signs and "signed_as" in self.fields:
            self.fields["signed_as"].initial = signs
            self.initial.setdefault("signed_as", signs)

    def _quote(self) -> None:
        if self.source is None:
            del self.fields["quoted"]
        else:
            self.fields["quoted"].initial = self.source[1].body[:LONGEST_QUOTE]

    def _body(self) -> None:
        box = self.fields["body"]
        box.widget.attrs |= {"aria-describedby": f"{WARNING} id_body_helptext", "rows": 8}
        box.validators.append(_no_longer_than(longest_of(self.kind)))

    def full_clean(self) -> None:
        """Django's; a box that wants another look is tied to what is wrong with it, beside the warning."""
        super().full_clean()
        if "body" in self.errors:
            self.fields["body"].widget.attrs["aria-describedby"] += " id_body_error"

    def clean(self) -> dict[str, Any]:
        """Take out what nobody can see; refuse card numbers however they are written; look for ways to reach people."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("body", "quoted"):
            if name in cleaned:
                cleaned[name] = text.cleaned(cleaned[name])
        for name in ("signed_as", "title"):
            if name in cleaned:
                cleaned[name] = text.cleaned_line(cleaned[name])
        for name in ("signed_as", "title", "body"):
            if name in self.fields and name in cleaned:
                self._look_at(name, cleaned[name])
        if cleaned.get("quoted") and self.source is not None and cleaned["quoted"] not in self.source[1].body:
            self.add_error("quoted", "These words do not stand there. Quote them as they are, or nothing.")
        if not self.errors:
            self.found = check_draft(self.draft.whole)
        return cleaned

    def _look_at(self, name: str, value: str) -> None:
        if has_card_number(value):
            self.add_error(name, CARD)
        elif not value and self.fields[name].required:
            self.add_error(name, self.fields[name].error_messages["required"])

    @property
    def draft(self) -> Draft:
        """What was sent, cleaned."""
        sent = self.cleaned_data
        return Draft(
            sent.get("signed_as", self.fixed_name),
            sent["body"],
            sent["afterwards"],
            sent.get("title", ""),
            self._quoted(sent.get("quoted")),
        )

    def _quoted(self, words: str | None) -> Quote | None:
        if not words or self.source is None:
            return None
        row, said = self.source
        start = said.body.find(words)
        return Quote(row.pk, row.edition, start, start + len(words)) if start >= 0 else None

    @property
    def is_ready(self) -> bool:
        """Whether nothing was found in exactly this draft that its author was not shown."""
        return not self.found or self.data.get("seen") == self.draft.fingerprint

    @property
    def is_preview(self) -> bool:
        """Whether the author wants to look at it first."""
        return "preview" in self.data

    @property
    def notable(self) -> list[tuple[str, str]]:
        """What was found, each once: what it is, and the words."""
        return list(dict.fromkeys((each.what, each.words) for each in self.found))


def _no_longer_than(longest: int) -> Any:
    def check(value: str) -> None:
        if len(value) > longest:
            raise ValidationError(
                f"This has {len(value):,} letters; {longest:,} are the most. Nothing was kept."
            )

    return check


class WishForm(forms.Form):
    """What becomes of posts when their author leaves."""

    afterwards = forms.ChoiceField(
        label="If you leave", choices=Post.Afterwards.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose what becomes of them."},
    )  # fmt: skip


class ReportForm(forms.Form):
    """Why moderators should look at a post."""

    reason = forms.ChoiceField(
        label="What is wrong with it?", choices=Report.Reason.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose what is wrong with it."},
    )  # fmt: skip


class DecisionForm(forms.Form):
    """What a moderator decides, of what they read."""

    stays = forms.TypedChoiceField(
        choices=(("yes", "Let it stand"), ("no", "Remove it")), coerce=lambda v: v == "yes"
    )
    edition = forms.IntegerField(min_value=1)


def source_of(value: str | None) -> UUID | None:
    """The id of the post that is quoted, out of an address; None for anything else."""
    try:
        return UUID(value or "")
    except ValueError:
        return None
