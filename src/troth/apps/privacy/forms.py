"""The forms of one's own pages.  Those that take data in have their fields from the statement."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms

from troth.accounts.people.models import Person
from troth.gate.collection import CollectionForm
from troth.gate.export import exporting
from troth.gate.files.models import StoredFile
from troth.gate.published import statement
from troth.gate.subjects import limits
from troth.gate.subjects.register import touching
from troth.gate.uses.history import CATEGORY as RECORD

from . import shown

ABOUT = "about-people"
KINDS = (("", "Anything"), ("3", "Read"), ("2", "Taken in"), ("4", "Sent on"), ("5", "Refused"))
EVERYBODY = "everybody"


class CorrectForm(CollectionForm):
    """Corrects one group of registration data in place (clause rights.update)."""

    place = "account-page"
    model = Person
    autocomplete: ClassVar = {
        "name": "name", "company": "organization", "address": "street-address", "phone": "tel",
    }  # fmt: skip

    def __init__(self, *args: Any, only: tuple[str, ...], is_page: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = {*only, "submission"} if is_page else {*only}
        for name in [item for item in self.fields if item not in wanted]:
            del self.fields[name]

    def corrected(self) -> dict[str, str]:
        """What the fields say now; an empty one takes away what was there."""
        return {name: str(self.cleaned_data[name]) for name in self.fields if name != "submission"}


class UsesFilter(forms.Form):
    """Filters of the record of uses; without a choice one's own looks are left out."""

    role = forms.ChoiceField(required=False, label="Who")
    purpose = forms.ChoiceField(required=False, label="What for")
    kind = forms.ChoiceField(required=False, label="What happened", choices=KINDS)

    def __init__(self, *args: Any, roles: list[str], purposes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [(name, shown.role(name)) for name in roles]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            ("", "Anybody but you"), (EVERYBODY, "Anybody, you too"), *others,
        ]  # fmt: skip
        self.fields["purpose"].choices = [  # type: ignore[attr-defined]
            ("", "Anything"), *((name, shown.purpose(name)) for name in purposes),
        ]  # fmt: skip


class ChoiceForm(forms.Form):
    """One press on the page of choices."""

    act = forms.ChoiceField(choices=[(name, name) for name in ("restrict", "object", "lift")])
    purpose = forms.ChoiceField(required=False)
    limit = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = list(limits.objectionable().items())  # type: ignore[attr-defined]


class ExportForm(forms.Form):
    """Which categories to take along; all of them to begin with."""

    categories = forms.MultipleChoiceField(
        label="What to take along", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Please tick at least one."},
    )  # fmt: skip

    def __init__(self, *args: Any, subject: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = offered_categories(subject)
        self.fields["categories"].choices = offered  # type: ignore[attr-defined]
        self.fields["categories"].initial = [name for name, _ in offered]


class EraseForm(forms.Form):
    """The typed confirmation of an erasure."""

    email = forms.CharField(
        label="Your e-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text="Type the address of this account, so that nobody erases it by a slip.",
        error_messages={"required": "Please type the e-mail address of this account."},
    )  # fmt: skip


def offered_categories(subject: UUID) -> list[tuple[str, str]]:
    """The kinds of data that a person can take along: of each there is something; archives hold no archives."""
    known, held = statement.current().categories, held_categories(subject)
    offered = [name for name in known[ABOUT].children if name != exporting.CATEGORY]
    return [(name, known[name].label) for name in offered if held & below(name)]


def held_categories(subject: UUID) -> set[str]:
    """The categories of the rows and files somebody has, counted and not opened."""
    rows = [model for model, link in touching(subject) if link == "owner"]
    files = StoredFile.objects.filter(owner=subject).values_list("category", flat=True)
    return {RECORD, *files, *(seal.category for model in rows for seal in model.seals.values())}


def below(name: str) -> set[str]:
    """A category and all that stands under it."""
    return {name}.union(*(below(child) for child in statement.current().categories[name].children))
