"""The forms of accounts.  What they ask for comes out of the statement; `also` names the items that are no column."""

from typing import Any, ClassVar

from django import forms
from django.urls import reverse_lazy

from troth.accounts import passwords
from troth.gate.collection import CollectionForm, sentence
from troth.gate.published import statement

from .models import Customer, Invitation, NewAddress, Person, Role

LONGEST_PASSWORD = 1_000


class RegistrationForm(CollectionForm):
    """Registration (clauses collect.contact, security.credentials)."""

    place = "registration"
    model = Person
    also: ClassVar = {"password": "account.credentials"}
    autocomplete: ClassVar = {
        "name": "name", "company": "organization", "address": "street-address", "phone": "tel", "email": "username",
    }  # fmt: skip
    left_out: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.left_out:
            self.fields.pop(name, None)
        item = next(
            (i for i in statement.current().collects(self.place) if i.category in self.also.values()), None
        )
        if item is not None:
            self.fields["password"] = _password(item)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            own = [str(cleaned.get(name, "")) for name in Person.seals]
            try:
                passwords.validate(password, [*own, *self.known_words()])
            except forms.ValidationError as weak:
                self.add_error("password", weak)
        return cleaned

    def known_words(self) -> list[str]:
        """What else is the person's own and so makes no password."""
        return []


def _password(item: Any) -> forms.Field:
    widget = forms.PasswordInput(
        attrs={"autocomplete": "new-password", "data-advice": reverse_lazy("password_advice")}
    )
    why = (
        f"{sentence(item.why)} {passwords.FULL} characters or more. {passwords.ADVICE}"
        " Leave it empty if you would rather have a passkey: you make one in the next step."
    )
    field = forms.CharField(
        label=item.label,
        required=False,
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=widget,
        help_text=why,
    )
    field.why = why  # type: ignore[attr-defined]
    return field


class JoiningForm(RegistrationForm):
    """Registration of somebody who was invited: address and company are known already."""

    left_out = ("email", "company")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self._email = email
        super().__init__(*args, **kwargs)

    def known_words(self) -> list[str]:
        return [self._email]


class CodeForm(forms.Form):
    """The code from a mail."""

    code = forms.CharField(
        label="Code from the message", max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="Eight digits.",
        error_messages={"required": "Please type the code from the message."},
    )  # fmt: skip


class NewAddressForm(CollectionForm):
    """Where the account is to move."""

    place = "account-page"
    model = NewAddress
    autocomplete: ClassVar = {"email": "email"}


class InvitationForm(CollectionForm):
    """Whom to invite, and as what."""

    place = "account-page"
    model = Invitation
    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        self.fields["role"].initial = Role.MEMBER.value
        why = "So that we can invite them. We delete the address if they do not accept within 7 days."
        self.fields["email"].why = self.fields["email"].help_text = why  # type: ignore[attr-defined]


class CompanyNameForm(CollectionForm):
    """Another name for the company."""

    place = "account-page"
    model = Customer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        why = "So that its people recognise it."
        self.fields["name"].required = True
        self.fields["name"].why = self.fields["name"].help_text = why  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role for one of the people."""

    role = forms.ChoiceField(label="Role", choices=Role.choices)


class CloseForm(forms.Form):
    """The typed confirmation that a company is to be closed."""

    name = forms.CharField(
        label="Name of the company", max_length=160, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Type it as it stands above, so that nobody closes a company by a slip.",
        error_messages={"required": "Please type the name of the company."},
    )  # fmt: skip
