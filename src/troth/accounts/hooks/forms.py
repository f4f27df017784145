"""Which server is told.  No personal data is asked for, so this is none of the statement's places."""

from typing import Any

from django import forms

from . import hooks


class HookForm(forms.Form):
    """The address of a company's own server."""

    use_required_attribute = False
    address = forms.CharField(
        label="Address of your server", max_length=hooks.LONGEST,
        help_text="It begins with https:// and the name of a host that everybody can look up.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}),
        error_messages={"required": "Give the address of your server."},
    )  # fmt: skip

    def clean_address(self) -> Any:
        try:
            return hooks.checked(self.cleaned_data["address"])
        except hooks.Wrong as wrong:
            raise forms.ValidationError(str(wrong)) from None
