"""The register of recipients: `[recipients.…]` of company.toml, with the statement's words for each."""

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


def registered(recipient: str) -> Registered | None:
    """The entry of a recipient; None when company.toml names no desk for it."""
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


def name(recipient: str) -> str:
    """How a recipient is called on pages: by its name, else by the statement's words."""
    entry = registered(recipient)
    words = label(recipient)
    return f"{entry.name}, {words}" if entry else words


def kind(category: str) -> str:
    """The statement's words for a category."""
    known = statement.current().categories.get(category)
    return known.label if known else category
