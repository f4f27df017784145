"""The forms of a company's settings.  They ask for no personal data, so they are none of the statement's places."""

from typing import Any
from uuid import UUID

from django import forms

from .admitting import Factor
from .law import Values
from .orders import Networks, Words, Wrong
from .table import LEVELS, SETTINGS, Setting

AS_LEVEL = "as the level says"


class _Value(forms.CharField):
    """What is chosen for one setting apart from the level; nothing for what the level says."""

    def __init__(self, row: Setting, floor: Values) -> None:
        self.row, self.floor = row, floor[row.key]
        super().__init__(label=row.label, required=False, widget=self._widget(), help_text=self._help())

    def _widget(self) -> forms.Widget:
        order = self.row.order
        if isinstance(order, Words):
            open_ones = [word for word in order.meanings if order.strictest(word, self.floor) == word]
            return forms.Select(
                choices=[("", AS_LEVEL), *((word, order.meanings[word]) for word in open_ones)]
            )
        if isinstance(order, Networks):
            return forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"})
        return forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 6})

    def _help(self) -> str:
        row = self.row
        if isinstance(row.order, Networks):
            needed = LEVELS[row.is_needed_at]
            return f"{row.says} One a line; empty for anywhere. At the level “{needed}” there must be one."
        told = ", ".join(
            f"{name}: {row.order.shown(row.order.strictest(value, self.floor))}"
            for name, value in zip(LEVELS.values(), row.values, strict=True)
        )
        unit = (
            ""
            if isinstance(row.order, Words)
            else f" A number of {row.order.many}; empty for what the level says."
        )
        return f"{row.says} {told}.{unit}"

    def clean(self, value: Any) -> Any:
        """The value, or None.  Raises ValidationError, also for one below the floor."""
        text = str(super().clean(value))
        if not text:
            return None
        try:
            read = self.row.order.read(text)
        except Wrong as wrong:
            raise forms.ValidationError(str(wrong)) from None
        if self.row.order.strictest(read, self.floor) != read:
            raise forms.ValidationError(
                f"Our floor is {self.row.order.shown(self.floor)}. Choose that, or less."
            )
        return read


class ChoiceForm(forms.Form):
    """A level, and what is to be stricter than it."""

    use_required_attribute = False
    level = forms.ChoiceField(
        label="Level", choices=list(LEVELS.items()), widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of the three levels."),
    )  # fmt: skip

    def __init__(self, *args: Any, floor: Values, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, row in SETTINGS.items():
            self.fields[key] = _Value(row, floor)

    @staticmethod
    def initial_of(level: str, apart: dict[str, Any]) -> dict[str, Any]:
        """A choice as the form shows it."""
        told = {key: "\n".join(value) if isinstance(value, list) else value for key, value in apart.items()}
        return {"level": level, **told}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        level = cleaned.get("level", "")
        for key, row in SETTINGS.items():
            value = cleaned.get(key)
            if not level or value is None:
                continue
            asked = row.of_level(level)
            if row.order.strictest(value, asked) != value:
                self.add_error(
                    key,
                    f"The level asks for more: {row.order.shown(asked)}. Leave this empty, or ask for more.",
                )
        return cleaned

    @property
    def apart(self) -> dict[str, Any]:
        """What was chosen apart from the level."""
        return {key: self.cleaned_data[key] for key in SETTINGS if self.cleaned_data.get(key) is not None}

    @property
    def passed_on(self) -> list[tuple[str, str]]:
        """The fields as they were sent, for the page that asks once more."""
        return [(name, str(self.data.get(name, ""))) for name in self.fields]


class TryForm(forms.Form):
    """A sign-in that is only thought of."""

    use_required_attribute = False
    member = forms.ChoiceField(
        label="Who", error_messages={"invalid_choice": "They are not of your company."}
    )
    address = forms.GenericIPAddressField(
        label="From which address", unpack_ipv4=True, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give an address.", "invalid": "This is no address; one is 203.0.113.7."},
    )  # fmt: skip
    by = forms.ChoiceField(
        label="With what", choices=[
            (Factor.PASSWORD.value, "a password alone"), (Factor.CODE.value, "a password and a code of the app"),
            (Factor.PASSKEY.value, "a passkey"),
        ],
    )  # fmt: skip
    browser = forms.ChoiceField(
        label="In which browser", choices=[("known", "one they used before"), ("new", "a new one")]
    )
    device = forms.ChoiceField(
        label="On which device", choices=[("any", "any"), ("bound", "one that its browser shows by a key")]
    )

    def __init__(self, *args: Any, members: dict[UUID, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(pk), name) for pk, name in members.items()]
        self.fields["member"].choices = choices  # type: ignore[attr-defined]
