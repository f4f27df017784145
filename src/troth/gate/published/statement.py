"""The statement in force, and the older versions that still have data."""

from functools import cache
from pathlib import Path

from django.conf import settings

from troth.engine.policy import Policy
from troth.engine.statement import Document, combine, compile_statement, load, parse

from .models import StatementVersion

SHORT = 16
"""Hex digits of a version kept on each personal row: 64 bits, chosen by the operator, not by an attacker."""


@cache
def document() -> Document:
    """The statement file this process started with.  Raises StatementError."""
    return load(Path(settings.TROTH_STATEMENT))


@cache
def agreement() -> Document:
    """The Subscription Agreement this process started with: the grounds for Customer Data come from it."""
    return load(Path(settings.TROTH_AGREEMENT))


@cache
def current() -> Policy:
    """Both, compiled.  Raises StatementError when they contradict themselves or each other."""
    return compile_statement(combine(document(), agreement()))


def under() -> str:
    """What a row collected now is marked with."""
    return current().version[:SHORT]


def policy(short: str) -> Policy | None:
    """The policy a row was collected under, None when that version was never published here, or was edited since."""
    return current() if short == under() else _older(short)


def earlier() -> list[str]:
    """The versions published here before the one in force, as rows are marked with them."""
    published = StatementVersion.objects.values_list("version", flat=True)
    return sorted({version[:SHORT] for version in published} - {under()})


@cache
def _older(short: str) -> Policy | None:
    row = StatementVersion.objects.filter(version__startswith=short).first()
    if row is None:
        return None
    texts = parse(row.text, f"statement {short}"), parse(row.agreement, f"agreement {short}")
    compiled = compile_statement(combine(*texts))
    # A text that was loosened in the table is not the one it is filed under, and decides nothing.
    return compiled if compiled.version == row.version else None


def publish() -> bool:
    """Keep the statement in force in the database; True when it is a version not seen before."""
    texts = {
        "text": Path(settings.TROTH_STATEMENT).read_text(encoding="utf-8"),
        "agreement": Path(settings.TROTH_AGREEMENT).read_text(encoding="utf-8"),
    }
    _, created = StatementVersion.objects.get_or_create(version=current().version, defaults=texts)
    return created


def forget_cached() -> None:
    """Read the statement file anew at the next question (tests, and `troth statement publish`)."""
    document.cache_clear()
    agreement.cache_clear()
    current.cache_clear()
    _older.cache_clear()


def title(clause: str) -> str:
    """The title of a clause of the statement in force; its id when it has none there."""
    facts = current().clauses.get(clause)
    return facts.title if facts else clause
