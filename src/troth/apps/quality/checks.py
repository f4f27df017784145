"""What the built-in check looks for, without asking anybody: numbers, addresses, postal codes, spaces."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import phonenumbers

from .models import Proposal

Why = Proposal.Why

SLIPS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmail.con": "gmail.com", "gamil.com": "gmail.com",
    "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com", "outlok.com": "outlook.com",
    "yaho.com": "yahoo.com", "yahoo.con": "yahoo.com", "iclud.com": "icloud.com",
}  # fmt: skip
"""Domains of large mail providers as they are mistyped most."""

POSTAL = {
    "CZ": (re.compile(r"\b(\d{3})(\d{2})\b"), r"\1 \2"), "SK": (re.compile(r"\b(\d{3})(\d{2})\b"), r"\1 \2"),
    "SE": (re.compile(r"\b(\d{3})(\d{2})\b"), r"\1 \2"), "GR": (re.compile(r"\b(\d{3})(\d{2})\b"), r"\1 \2"),
    "NL": (re.compile(r"\b(\d{4})([A-Za-z]{2})\b"), r"\1 \2"),
    "CA": (re.compile(r"\b([A-Za-z]\d[A-Za-z])-?(\d[A-Za-z]\d)\b"), r"\1 \2"),
    "GB": (re.compile(r"\b([A-Za-z]{1,2}\d[A-Za-z\d]?)(\d[A-Za-z]{2})\b"), r"\1 \2"),
}  # fmt: skip
"""How postal codes are spaced, by the country of the telephone number beside them (of the company without one)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is proposed for one field; a blank value asks to look at it."""

    field: str
    value: str
    why: str


def look(values: Mapping[str, str], region: str) -> Iterator[Found]:
    """What could be better in one person's data."""
    phone = values.get("phone", "")
    known = _parsed(phone, region)
    if phone:
        yield from _phone(phone, known)
    country = phonenumbers.region_code_for_number(known) if known else None
    yield from _email(values.get("email", ""))
    for field in ("name", "company", "address"):
        value = values.get(field, "")
        better, why = re.sub(r"\s+", " ", value).strip(), Why.SPACES
        if field == "address" and (rule := POSTAL.get(country or region)):
            spaced = rule[0].sub(lambda found, to=rule[1]: found.expand(to).upper(), better)
            better, why = spaced, Why.POSTAL if spaced != better else why
        if better and better != value:
            yield Found(field, better, why)


def number_of(phone: str, region: str) -> str:
    """A telephone number in its one international form; blank when it is none."""
    known = _parsed(phone, region)
    return phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.E164) if known else ""


def _parsed(phone: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(phone, region) if phone else None
    except phonenumbers.NumberParseException:
        return None


def _phone(phone: str, known: phonenumbers.PhoneNumber | None) -> Iterator[Found]:
    if known is None or not phonenumbers.is_valid_number(known):
        yield Found("phone", "", Why.NUMBER)
    elif not phone.strip().startswith("+"):
        written = phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        yield Found("phone", written, Why.PHONE)


def _email(address: str) -> Iterator[Found]:
    mailbox, at, domain = address.rpartition("@")
    if at and domain.lower() in SLIPS:
        yield Found("email", f"{mailbox}@{SLIPS[domain.lower()]}", Why.DOMAIN)
