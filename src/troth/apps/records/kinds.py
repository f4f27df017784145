"""What the values of a field are: how they are read, kept, shown, found and sorted.

A value is kept as text, whatever its kind: a number as its digits, a date as ISO 8601, yes and no as "1" and "0", a
reference or a file as the id of what it names.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from troth.gate.collection import refuse_card_number, validate_phone
from troth.gate.subjects.index import candidates

from .models import Kind

LONGEST = 5_000
SORTED = 200
"""Characters of a plain text that its order and its filter go by."""

YES = frozenset({"1", "yes", "y", "true", "on", "x", "ja", "oui", "sí", "si"})
NO = frozenset({"0", "no", "n", "false", "off", "nein", "non"})
FOUND_AS = {Kind.EMAIL: "email", Kind.PHONE: "phone"}
LONGEST_EMAIL = 254
_USUAL_EMAIL = re.compile(
    r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)
"""What most addresses look like; anything else is looked at by the validator, which takes longer."""
MOST_DIGITS, MOST_DECIMALS = 20, 10
UNKEPT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters: neither can be shown."""


def read(kind: str, text: str, choices: list[str] | None = None) -> str:
    """The value that a text stands for, as it is kept; blank for none.  Raises ValidationError, which quotes nothing."""
    text = text.strip().replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    if not text:
        return ""
    if len(text) > LONGEST:
        raise ValidationError(f"This is longer than {LONGEST} characters.")
    if UNKEPT.search(text):
        raise ValidationError("This holds a character that cannot be kept.")
    refuse_card_number(text)
    reading = {
        Kind.NUMBER: _number, Kind.DATE: _date, Kind.BOOLEAN: _boolean, Kind.EMAIL: _email, Kind.PHONE: _phone,
        Kind.REFERENCE: _id, Kind.FILE: _id,
    }.get(Kind(kind))  # fmt: skip
    if reading is not None:
        return reading(text)
    if kind == Kind.CHOICE and text not in (choices or []):
        raise ValidationError("This is none of the choices.")
    return text


def _number(text: str) -> str:
    try:
        number = Decimal(text.replace(" ", "").replace("\u00a0", "").replace("_", ""))
    except InvalidOperation:
        raise ValidationError("This is not a number. Write it with a point, such as 1250.5.") from None
    if not number.is_finite():
        raise ValidationError("This is not a number. Write it with a point, such as 1250.5.")
    is_finer = int(number.as_tuple().exponent) < -MOST_DECIMALS
    if is_finer or number.adjusted() >= MOST_DIGITS:
        raise ValidationError(f"Numbers have {MOST_DIGITS} digits and {MOST_DECIMALS} decimals at most.")
    return format(number, "f")


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValidationError("This is not a date. Write it as year-month-day, such as 2027-01-31.") from None


def _boolean(text: str) -> str:
    word = text.casefold()
    if word in YES | NO:
        return "1" if word in YES else "0"
    raise ValidationError("Write yes or no.")


def _email(text: str) -> str:
    if len(text) <= LONGEST_EMAIL and _USUAL_EMAIL.fullmatch(text):
        return text
    try:
        validate_email(text)
    except ValidationError:
        raise ValidationError("This is not an e-mail address.") from None
    return text


def _phone(text: str) -> str:
    validate_phone(text)
    return text


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValidationError("This names nothing that is here.") from None


def shown(kind: str, value: str) -> str:
    """A kept value as people read it."""
    if kind == Kind.BOOLEAN and value:
        return "Yes" if value == "1" else "No"
    return value


def label(field: UUID) -> str:
    """What a blind index of a field is bound to: equal values of two fields, or two workspaces, look unrelated."""
    return f"records.value.{field.hex}"


def index_of(kind: str, field: UUID, value: str) -> bytes | None:
    """The blind index of a kept value; None for none, and for what has no normal form."""
    return next(iter(wanted(kind, field, value)), None) if value else None


def wanted(kind: str, field: UUID, text: str) -> list[bytes]:
    """The blind indexes under which a wanted value may stand; numbers are found however they are written."""
    if kind == Kind.NUMBER and text:
        try:
            text = format(Decimal(_number(text)).normalize(), "f")
        except ValidationError:
            return []
    return candidates(label(field), FOUND_AS.get(Kind(kind), "text"), text)


def plain_of(kind: str, value: str) -> tuple[str | None, Decimal | None]:
    """What is kept in clear of a plain field: (text, number) to sort and filter by."""
    if not value:
        return None, None
    if kind in (Kind.NUMBER, Kind.BOOLEAN):
        return None, Decimal(value)
    return value.casefold()[:SORTED], None
