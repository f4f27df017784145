"""The statement in force, and the older versions that still have data.

It comes from the files that the process started with, or from a version that was approved here and whose day has come:
`refresh` looks for one, before each request and each round of the worker.  Files that are newer win.
"""

import logging
import time
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from troth.engine.policy import Policy
from troth.engine.statement import Document, StatementError, combine, compile_statement, load, parse

from .models import StatementVersion

log = logging.getLogger("troth.statement")

SHORT = 16
"""Hex digits of a version kept on each personal row: 64 bits, chosen by the operator, not by an attacker."""


EVERY = 1.0
"""Seconds for which an answer to “is another version in force by now?” counts."""


class _Here:
    """The version that was approved here and is in force in this process, if one is; and when this was last asked."""

    row: StatementVersion | None = None
    passed_over = ""
    asked_at = float("-inf")


def _files() -> tuple[Document, Document]:
    return load(Path(settings.TROTH_STATEMENT)), load(Path(settings.TROTH_AGREEMENT))


@cache
def _texts() -> tuple[Document, Document]:
    return _parsed(_Here.row) if _Here.row is not None else _files()


def _parsed(row: StatementVersion) -> tuple[Document, Document]:
    short = row.version[:SHORT]
    return parse(row.text, f"statement {short}"), parse(row.agreement, f"agreement {short}")


def document() -> Document:
    """The statement in force.  Raises StatementError."""
    return _texts()[0]


def agreement() -> Document:
    """The Subscription Agreement in force: the grounds for Customer Data come from it."""
    return _texts()[1]


def source() -> tuple[str, str]:
    """Statement and agreement in force as they were written."""
    if _Here.row is not None:
        return _Here.row.text, _Here.row.agreement
    files = Path(settings.TROTH_STATEMENT), Path(settings.TROTH_AGREEMENT)
    return files[0].read_text(encoding="utf-8"), files[1].read_text(encoding="utf-8")


def refresh(*, at_once: bool = False) -> bool:
    """Go over to the version that is in force by now; True when it is another one than before."""
    if not at_once and time.monotonic() - _Here.asked_at < EVERY:
        return False
    _Here.asked_at = time.monotonic()
    begun = StatementVersion.objects.filter(in_force_at__lte=timezone.now()).order_by("-in_force_at")
    due = begun.only("version", "in_force_at").first()  # the texts are read when they are needed
    if due is not None and due.version == _Here.passed_over:
        return False  # looked at before, and compiling it takes its time
    if (due and due.version) == (_Here.row and _Here.row.version):
        return False
    wanted = due if due is not None and _goes_before_the_files(due) else None
    _Here.passed_over = due.version if due is not None and wanted is None else ""
    if (wanted and wanted.version) == (_Here.row and _Here.row.version):
        return False
    forget_cached()
    _Here.row = wanted
    return True


def try_refreshing(*, at_once: bool = False) -> None:
    """`refresh` where the store may be away, or have no table yet: then what is in force stays so."""
    try:
        refresh(at_once=at_once)
    except DatabaseError as error:
        log.info("the store was not asked for versions of the statement: %s", type(error).__name__)


def _goes_before_the_files(row: StatementVersion) -> bool:
    """Whether the files are older than the day on which this came into force.  An altered text is in force nowhere."""
    try:
        is_whole = compile_statement(combine(*_parsed(row))).version == row.version
    except StatementError:
        is_whole = False
    if not is_whole:
        log.error("the statement %s was altered in its table, and is not in force", row.version[:SHORT])
        return False
    files = compile_statement(combine(*_files())).version
    known = StatementVersion.objects.filter(version=files).first()
    return known is not None and row.in_force_at is not None and known.published_at <= row.in_force_at


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
    compiled = compile_statement(combine(*_parsed(row)))
    # A text that was loosened in the table is not the one it is filed under, and decides nothing.
    return compiled if compiled.version == row.version else None


def publish() -> bool:
    """Keep the statement of the files in the database; True when it is a version not seen before."""
    if _Here.row is not None:
        return False
    texts = dict(zip(("text", "agreement"), source(), strict=True))
    _, created = StatementVersion.objects.get_or_create(version=current().version, defaults=texts)
    return created


def forget_cached() -> None:
    """Read the statement file anew at the next question (tests, and `troth statement publish`)."""
    _Here.row, _Here.passed_over = None, ""
    _texts.cache_clear()
    current.cache_clear()
    _older.cache_clear()


def title(clause: str) -> str:
    """The title of a clause of the statement in force; its id when it has none there."""
    facts = current().clauses.get(clause)
    return facts.title if facts else clause
