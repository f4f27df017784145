"""The register of recipients: `[recipients.…]` of company.toml, with the statement's words for each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from ..published import statement


@dataclass(frozen=True, slots=True)
class Registered:
    """A recipient outside: who it is, where it sits, the privacy desk to which we write, and its server if it has one."""

    recipient: str
    name: str
    country: str
    desk: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Desks:
    """How a recipient that is several companies is told: whose each reference is, and where that company's desk is."""

    whose: Callable[[Iterable[str]], dict[str, str]]
    find: Callable[[str], Registered | None]


DESKS: dict[str, Desks] = {}
"""By recipient of the statement, for those that are several companies; the app that knows them registers it."""


def by_desk(recipient: str, references: Iterable[str]) -> dict[str, list[str]]:
    """References by the desk they are told to; what is nobody's goes to the desk that company.toml names (blank)."""
    listed, found = list(references), dict[str, list[str]]()
    known = DESKS[recipient].whose(listed) if recipient in DESKS else {}
    for reference in listed:
        found.setdefault(known.get(reference, ""), []).append(reference)
    return found


def registered(recipient: str, desk: str = "") -> Registered | None:
    """The entry of a recipient, or of one company among them; None where there is no desk for it."""
    if desk:
        return DESKS[recipient].find(desk) if recipient in DESKS else None
    entry = settings.TROTH_RECIPIENTS.get(recipient)
    if entry is None:
        return None
    return Registered(recipient, entry["name"], entry["country"], entry["desk"], entry.get("host", ""))


def check_register(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check`: a desk is registered for a recipient that the statement knows."""
    return [
        Error(
            f"company.toml: [recipients.{word}] is no recipient of the statement",
            hint="use its word",
            id="troth.E007",
        )
        for word in settings.TROTH_RECIPIENTS
        if word not in statement.current().recipients
    ]


def label(recipient: str) -> str:
    """The statement's words for a recipient."""
    known = statement.current().recipients.get(recipient)
    return known.label if known else recipient


def name(recipient: str, desk: str = "") -> str:
    """How a recipient is called on pages: by its name, else by the statement's words."""
    entry = registered(recipient, desk)
    words = label(recipient)
    return f"{entry.name}, {words}" if entry else words


def kind(category: str) -> str:
    """The statement's words for a category."""
    known = statement.current().categories.get(category)
    return known.label if known else category
