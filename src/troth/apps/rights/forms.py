"""The forms of requests.  Their personal fields come out of the statement."""

from typing import Any, ClassVar

from django import forms

from troth.gate.collection import CollectionForm, refuse_card_number
from troth.gate.published import statement
from troth.gate.subjects import limits
from troth.gate.subjects.models import PersonalModel

from .models import Request, RequestMessage


class RequestForm(CollectionForm):
    """A request by anybody (clause rights.ninety-days); who is signed in gives no address."""

    place = "request-desk"
    model = Request
    autocomplete: ClassVar = {"email": "email"}
    kind = forms.ChoiceField(
        label="What would you like?", choices=Request.Kind.choices, widget=forms.RadioSelect,
        error_messages={"required": "Please choose one.", "invalid_choice": "Please choose one of these."},
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label="Which purpose?", required=False,
        help_text="Only if you would like us to stop using your data for one purpose.",
        error_messages={"invalid_choice": "Please choose one of these."},
    )  # fmt: skip

    def __init__(self, *args: Any, is_signed_in: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purpose"].choices = [("", "–"), *limits.objectionable().items()]  # type: ignore[attr-defined]
        if is_signed_in:
            self.fields.pop("email", None)
        self.order_fields(("kind", "purpose", "email", "text"))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("kind") != Request.Kind.OBJECTION:
            given["purpose"] = ""
        elif not given.get("purpose") and "purpose" not in self.errors:
            self.add_error("purpose", "Please choose the purpose.")
        return given


class MessageForm(CollectionForm):
    """A message in the thread, by the person or by staff."""

    place = "request-desk"
    model = RequestMessage


class CodeForm(forms.Form):
    """The mailed code."""

    code = forms.CharField(
        label="Code", max_length=20, help_text="Eight digits, from the message we sent you.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "Please type the code."},
    )  # fmt: skip


class EraseForm(CodeForm):
    """Confirms a deletion: a word to type and, where mail reaches the person, a code."""

    word = forms.CharField(
        label="Type the word “delete”", max_length=20, error_messages={"required": "Please type it."}
    )
    field_order = ("word", "code")

    def __init__(self, *args: Any, by_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_code:
            del self.fields["code"]

    def clean_word(self) -> str:
        word: str = self.cleaned_data["word"]
        if word.strip().casefold() != "delete":
            raise forms.ValidationError("Please type the word “delete”. Nothing was deleted.")
        return word


class IdentityForm(MessageForm):
    """The privacy officer says how they made sure who asks; the person sees it."""


class CloseForm(MessageForm):
    """The outcome, in words for the person; a refusal names its clause, and what was not carried out its reason."""

    outcome = forms.ChoiceField(
        label="Outcome", choices=(("done", "Done"), ("refused", "Refused")), widget=forms.RadioSelect,
        error_messages={"required": "Please choose the outcome."},
    )  # fmt: skip
    clause = forms.ChoiceField(
        label="Clause that the refusal rests on", required=False,
        error_messages={"invalid_choice": "Please choose a clause of the statement."},
    )  # fmt: skip
    reason = forms.CharField(
        label="If nothing was made or changed, why", required=False, max_length=500, validators=[refuse_card_number],
        help_text="The person sees it below your answer. A deletion has no such reason: what stays is refused.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clauses = [(each.id, f"{each.title} ({each.id})") for each in statement.document().clauses]
        self.fields["clause"].choices = [("", "–"), *clauses]  # type: ignore[attr-defined]
        self.order_fields(("outcome", "clause", "text", "reason"))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("outcome") != "refused":
            given["clause"] = ""
        elif not given.get("clause") and "clause" not in self.errors:
            self.add_error("clause", "A refusal names the clause of the statement that it rests on.")
        return given


class CorrectionForm(CollectionForm):
    """The new value of one field, checked as where people give it themselves (clause rights.update)."""

    place = "request-desk"
    model: ClassVar[type[PersonalModel]] = Request
    is_more = forms.BooleanField(
        label="Something else is still to be corrected: keep the request open", required=False
    )

    def __init__(self, *args: Any, model: type[PersonalModel], name: str, before: str, **kwargs: Any) -> None:
        self.model = model
        super().__init__(*args, initial={name: before}, **kwargs)
        self._name, self._before = name, before
        for other in set(self.fields) - {name, "is_more", "submission"}:
            del self.fields[other]
        why = "What the person asked for. They see that it was corrected, and by your role."
        self.fields[name].why = self.fields[name].help_text = why  # type: ignore[attr-defined]

    @property
    def value(self) -> str:
        """The new value; blank to take away what was there."""
        return str(self.cleaned_data[self._name] or "")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self._name in given and self.value == self._before:
            self.add_error(self._name, "This is what we hold already. Nothing was changed.")
        return given
