"""The form of a draft: two texts and a day."""

from datetime import date

from django import forms

from troth.gate.published import statement


class DraftForm(forms.Form):
    """Both texts whole, as counsel wrote them; what changes is worked out."""

    text = forms.FileField(label="statement.md", max_length=200, required=False)
    agreement = forms.FileField(
        label="agreement.md", max_length=200, required=False,
        help_text="Leave one out to keep it as it is. A change of the agreement needs 60 days.",
    )  # fmt: skip
    from_day = forms.DateField(
        label="In force from", widget=forms.DateInput(attrs={"type": "date"}), initial=date.today,
        help_text="In UTC. Whoever has an account is told as soon as it is published.",
    )  # fmt: skip

    def texts(self) -> tuple[str, str]:
        """Both texts; of one that was left out the one in force.  Raises UnicodeDecodeError."""
        told = self.cleaned_data
        found = [told[name].read().decode("utf-8") if told[name] else None for name in ("text", "agreement")]
        return found[0] or statement.source()[0], found[1] or statement.source()[1]
