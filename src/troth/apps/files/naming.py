"""What a file may be called: the name somebody sent, without what could lead out of a folder or deceive a reader."""

import unicodedata
from pathlib import PurePosixPath

from .models import LONGEST

NAMELESS = "unnamed"


def clean(given: str) -> str:
    """The name as it is kept: the last part of a path, no control or direction marks, 160 characters at most.

    Never empty, and never `.` or `..`; of a name that is too long the ending stays.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rstrip("/").rpartition("/")[2]
    shown = "".join(" " if sign.isspace() else sign for sign in last if _is_shown(sign))
    name = " ".join(shown.split()).rstrip(". ")
    if not name.strip(". "):
        return NAMELESS
    if len(name) <= LONGEST:
        return name
    ending = PurePosixPath(name).suffix[:16]
    return name[: LONGEST - len(ending)].rstrip() + ending


def _is_shown(sign: str) -> bool:
    # C: control, format (which holds the marks of direction), surrogate, private, unassigned.
    return sign.isspace() or unicodedata.category(sign)[0] != "C"


def same(one: str, other: str) -> bool:
    """Whether two names are the same to somebody who looks for a file."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
