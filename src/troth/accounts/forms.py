"""The sign-in library's forms in the words of this site; what is typed as an address leaves them as a handle."""

from typing import Any

from allauth.account import forms as library
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.urls import reverse_lazy

from . import addresses, passwords

AGAIN = "The same password again"
LONGEST_NAME = 60


class _Bare:
    """Labels say what a field is for; a placeholder in the library's words would say it again, and vanish."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Bare, library.LoginForm):
    """Sign-in by password."""

    def clean_login(self) -> str:
        return addresses.handle_for(super().clean_login())


class ResetPasswordForm(_Bare, library.ResetPasswordForm):
    """Asking for a code; whether the address is known shows nowhere."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"

    def clean_email(self) -> str:
        handle = addresses.handle_for(self.cleaned_data["email"])
        self.cleaned_data["email"] = handle
        super().clean_email()
        return handle


class ResetCodeForm(_Bare, library.ConfirmPasswordResetCodeForm):
    """The code from the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Code from the message"


def _advise(field: forms.Field, label: str) -> None:
    """A field for a new password: advice under it, and from the meter while it is typed."""
    field.label = label
    field.help_text = (
        f"{passwords.FULL} characters or more, or {passwords.BESIDE_A_SECOND_FACTOR} with a second step at sign-in. "
        f"{passwords.ADVICE}"
    )
    field.widget.attrs["data-advice"] = reverse_lazy("password_advice")


class ChangePasswordForm(_Bare, library.ChangePasswordForm):
    """The old password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"
        _advise(self.fields["password1"], "New password")
        self.fields["password2"].label = AGAIN


class SetPasswordForm(_Bare, library.SetPasswordForm):
    """A first password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _advise(self.fields["password1"], "Password")
        self.fields["password2"].label = AGAIN


class NewPasswordForm(_Bare, library.ResetPasswordKeyForm):
    """A new password in place of a forgotten one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _advise(self.fields["password1"], "New password")
        self.fields["password2"].label = AGAIN


def _name_of_a_passkey(field: forms.Field) -> None:
    field.label, field.help_text = (
        "Name of this passkey",
        "So that you can tell it from others, such as “Laptop”.",
    )
    field.widget.attrs["maxlength"] = LONGEST_NAME
    field.max_length = LONGEST_NAME  # type: ignore[attr-defined]


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    """Every passkey signs in alone: it asks for a finger, a face or a PIN itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**(kwargs.get("initial") or {}), "passwordless": True}
        super().__init__(*args, **kwargs)
        _name_of_a_passkey(self.fields["name"])

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["passwordless"] = True
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _name_of_a_passkey(self.fields["name"])
