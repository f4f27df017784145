"""The forms of queries."""

from typing import Any

from django import forms

from troth.gate.collection import refuse_card_number, refuse_line_breaks
from troth.workspaces.forms import OnceForm

from .flows import parameters_of

LONGEST = 20_000
PREFIX = "parameter-"


class QueryForm(OnceForm):
    """A query, the name it is kept under (if it is), and a value for each of its parameters."""

    sql = forms.CharField(
        label="SQL", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text="One SELECT. $word stands for a value that is asked for at each run.",
        error_messages={
            "required": "Please write a query.",
            "max_length": "A query has %(limit_value)d letters at most, and this one has %(show_value)d.",
        },
        validators=[refuse_card_number],
    )  # fmt: skip
    name = forms.CharField(
        label="Name", max_length=120, required=False, validators=[refuse_line_breaks, refuse_card_number],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="To keep the query under it. Leave it empty to run the query once.",
        error_messages={"required": "Please give the query a name to keep it under."},
    )  # fmt: skip

    def __init__(self, *args: Any, wants_name: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = wants_name
        for parameter in parameters_of(self._written()):
            self.fields[PREFIX + parameter] = forms.CharField(
                label=f"Value of ${parameter}", required=False, max_length=500
            )

    def _written(self) -> str:
        return str(self.data.get("sql", "") if self.is_bound else self.initial.get("sql", ""))

    @property
    def parameters(self) -> dict[str, str]:
        """The values that were given, by parameter."""
        given = {name: value for name, value in self.cleaned_data.items() if name.startswith(PREFIX)}
        return {name.removeprefix(PREFIX): value for name, value in given.items()}

    @property
    def asks_for_more(self) -> bool:
        """Whether a parameter's value was not asked for yet."""
        return any(name.startswith(PREFIX) and name not in self.data for name in self.fields)
