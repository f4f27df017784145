"""The port by which the house says what may be part of an attack, and by which it is told whom to challenge.

clause: security.environment.  Whoever sees a sign says it here and goes on; who listens is registered by an app, and
nothing of a sign is kept unless that app finds an attack in it.  A room that reports a sign says so, as it says where a
place of the statement is built: a rule that waits for a sign nobody reports would never fire.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

log = logging.getLogger("troth.watch")

MOST = 500
"""Signs that one request may give: what comes after them tells nothing new."""
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Sign:
    """Something seen: a word of ours for it, whose account it was (32 hex digits), what each counts once, and words.

    `words` is what was tried; it may be personal, and is kept sealed or not at all.
    """

    what: str
    account: str = ""
    each: tuple[str, ...] = ()
    words: str = ""


REPORTED: dict[str, str] = {}
"""Each sign that is reported, and where."""
LISTENERS: list[Callable[[Sign], None]] = []
"""Who hears of a sign outside a request; inside one the whole request's signs are looked at when it is answered."""
READERS: list[Callable[[str, UUID | None, Collection[str], bool], None]] = []
"""Who hears of each use: role, the subject behind it, whose data was touched, whether it was refused."""
CHALLENGING: list[Callable[[UUID], bool]] = []
"""Who says whether an account is to be challenged at its next sign-in."""

_seen: ContextVar[list[Sign] | None] = ContextVar("troth_signs", default=None)


def reports(what: str, where: str) -> str:
    """Say that a sign is reported (`module:name`); returns its word, so that the name stands once."""
    REPORTED[what] = where
    return what


def mark(text: str) -> str:
    """A stand-in for a text, by which it is counted: it lives no longer than this process, and leads back to nothing."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=16, key=_KEY).hexdigest()


def saw(what: str, *, account: str = "", each: tuple[str, ...] = (), words: str = "") -> None:
    """Say that something was seen.  Raises nothing: whoever says it has work of its own."""
    sign, seen = Sign(what, account, each, words), _seen.get()
    if seen is not None:
        if len(seen) < MOST:
            seen.append(sign)
        return
    for listen in LISTENERS:
        quietly(lambda listen=listen: listen(sign))  # type: ignore[misc]


def used(role: str, subject: UUID | None, owners: Collection[str], is_refused: bool) -> None:
    """Say that a use of some subjects' data ended, or was refused."""
    for listen in READERS:
        quietly(lambda listen=listen: listen(role, subject, owners, is_refused))  # type: ignore[misc]


def is_challenged(subject: UUID) -> bool:
    """Whether a right password alone does not let into this account just now."""
    return any(asked(subject) for asked in CHALLENGING)


@contextmanager
def watching() -> Iterator[list[Sign]]:
    """Gather the signs of one request."""
    seen: list[Sign] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


def quietly(run: Callable[[], None]) -> None:
    """Do what must not be in the way of anything: what it raises goes to the log, by its kind."""
    try:
        run()
    # What is watched must go on, whatever becomes of whoever watches.
    except Exception as error:  # noqa: BLE001
        log.error("a sign was not taken in: %s", type(error).__name__)
