"""The one choice about counting; nothing is chosen beforehand."""

from django import forms


class ChoiceForm(forms.Form):
    """Whether this browser gets a number."""

    required_css_class = "required"

    number = forms.ChoiceField(
        label="May your browser have a number?",
        choices=(
            ("yes", "Yes: count the pages of my visit together"),
            ("no", "No: count each page alone, without a number"),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one of the two."},
    )
