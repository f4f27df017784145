"""Collection points: forms whose fields, labels and why-lines come out of the statement.

Dropping an item from a `collect` rule removes its field; nothing in the code needs to follow.
"""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import phonenumbers
from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from troth.engine.seal import NotNormal, normalise_phone

from .ids import uuid7
from .published import statement
from .registry import built_at
from .subjects.models import PersonalModel

FORMS: list[type["CollectionForm"]] = []
"""Every form of a place: what is taken in where, and into rows of which model."""

_NUMBERS = re.compile(r"\d+(?:[\s.\u2010-\u2014-]{1,2}\d+)*")
_ENOUGH = re.compile(r"\d(?:[\s.\u2010-\u2014-]{0,2}\d){12}")
_HIDDEN = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_BREAKS = re.compile(r"[\r\n\x00\u2028\u2029\x0b\x0c\x85]")


# The first digits that card networks have, and how long their numbers are (the networks' own tables).
_CARDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|09|6\d|[89]\d)\d{11,16}"  # Diners Club
    r"|35(?:2[89]|[3-8]\d)\d{12,15}"  # JCB
    r"|(?:50|5[6-9]|6\d|8[12])\d{14,17}"  # Discover, Maestro, RuPay, UnionPay
    r"|220[0-4]\d{12,15}"  # Mir
)


def holds_card_number(text: str) -> bool:
    """Whether neighbouring groups of digits, 13 to 19 in all, are a card's number.

    They begin and are as long as a network's numbers, and pass the Luhn check (ISO/IEC 7812-1, annex B).  A telephone
    number in its international form is none, though one in ten would pass.
    """
    return _ENOUGH.search(text) is not None and any(
        _CARDS.fullmatch(digits) is not None and _luhn(digits)
        for run in _NUMBERS.finditer(text)
        if not _is_dialled(text[: run.start()], run.group())
        for digits in _joined([_plain(group) for group in re.findall(r"\d+", run.group())])
    )


def _is_dialled(before: str, digits: str) -> bool:
    if not before.endswith("+"):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _plain(digits: str) -> str:
    """The digits of any script as those of ASCII."""
    return "".join(str(int(digit)) for digit in digits)


def _joined(groups: list[str]) -> Iterator[str]:
    for start in range(len(groups)):
        digits = ""
        for group in groups[start : start + 19]:
            digits += group
            if 13 <= len(digits) <= 19:
                yield digits
            elif len(digits) > 19:
                break


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def refuse_card_number(value: str | int) -> None:
    """clause: collect.billing - the Company never takes a card number in."""
    if holds_card_number(str(value)):
        raise ValidationError(
            "This looks like a payment card number. Please take it out: we never take card numbers,"
            " and nothing was stored."
        )


def refuse_line_breaks(value: str) -> None:
    """A line break in a single-line field is an attempt at a mail header; a hidden mark reorders what staff read."""
    if _HIDDEN.search(value):
        raise ValidationError("Please leave out the hidden marks that change the direction of writing.")
    if _BREAKS.search(value):
        raise ValidationError("Please write this on one line.")


def validate_phone(value: str) -> None:
    """A telephone number, as it is dialled from the company's region or with its country code."""
    try:
        normalise_phone(value, settings.TROTH_REGION)
    except NotNormal:
        raise ValidationError(
            "This is not a telephone number we can dial. Write it with its country code, such as +1 202 555 0142."
        ) from None


def sentence(why: str) -> str:
    """A `because` of the statement as the line under a field."""
    return f"We ask for this {why}." if why else ""


class CollectionForm(forms.Form):
    """A form of one place.  Subclasses set `place` and `model`, and add fields that are not personal."""

    place: ClassVar[str] = ""
    model: ClassVar[type[PersonalModel]]
    autocomplete: ClassVar[dict[str, str]] = {}
    required_css_class = "required"

    submission = forms.CharField(widget=forms.HiddenInput, required=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.place:
            built_at(cls.place, f"{cls.__module__}:{cls.__name__}")
            FORMS.append(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["submission"].initial = signing.dumps(uuid7().hex, salt=self.place)
        own = list(self.fields)
        by_category = {seal.category: seal for seal in self.model.seals.values()}
        self.items = [
            item for item in statement.current().collects(self.place) if item.category in by_category
        ]
        for item in self.items:
            seal = by_category[item.category]
            self.fields[seal.name] = self._field(seal, item)
        self.order_fields([seal for seal in self.fields if seal not in own] + own)

    def _field(self, seal: Any, item: Any) -> forms.Field:
        field: forms.Field = seal.inner.formfield(required=item.required, label=item.label)
        field.validators = [*field.validators, *seal.inner._validators, refuse_card_number]
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.Textarea):
            field.validators.append(refuse_line_breaks)
            field.strip = True
        field.why = field.help_text = sentence(item.why)  # type: ignore[attr-defined]
        field.error_messages["required"] = f"Please fill in: {item.label.lower()}."
        if seal.name in self.autocomplete:
            field.widget.attrs["autocomplete"] = self.autocomplete[seal.name]
        return field

    @cached_property
    def row_id(self) -> str:
        """The id the row will have, carried by the form: a second press of the button makes no second row."""
        return str(signing.loads(self.cleaned_data["submission"], salt=self.place, max_age=24 * 3600))

    def clean_submission(self) -> str:
        value: str = self.cleaned_data["submission"]
        try:
            signing.loads(value, salt=self.place, max_age=24 * 3600)
        except signing.BadSignature as error:
            raise ValidationError("This form has been open for too long. Please send it again.") from error
        return value

    def personal(self) -> dict[str, Any]:
        """The values of the statement's items, by field name."""
        names = {seal.name for seal in self.model.seals.values()}
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in names and value not in ("", None)
        }
