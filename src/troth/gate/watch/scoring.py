"""What a request scores by the patterns of `rules.toml`: each that is found adds its points.

The path of every request is looked at, and what whoever is not signed in sends in a query or a form.  What people write
who are signed in, and all that Customers keep here, is their own business: SQL is what one types into a query.
"""

import re
from functools import cache
from urllib.parse import unquote

from django.http import HttpRequest

from .rules import table

FORM = "application/x-www-form-urlencoded"
LONGEST = 16_384
"""Bytes of a form that are looked at; the forms of ours for visitors are shorter."""
PLAIN = re.compile(r"[A-Za-z0-9/_.=&,-]*")
PASSWORDS = re.compile(r"(?:^|(?<=&))(?:old)?password\d?=[^&]*")
"""Any signs may stand in a password, and it goes nowhere but into a hash."""
SPACES = re.compile(r"\s+")
COMMENT = re.compile(r"/\*(?!!).*?\*/")


@cache
def _patterns(*, plain: bool = False) -> tuple[tuple[re.Pattern[str], int], ...]:
    told = (each for each in table()["pattern"] if each.get("plain") or not plain)
    return tuple((re.compile(each["found"]), each["score"]) for each in told)


@cache
def refused() -> int:
    """The score from which on a request is refused."""
    return int(table()["scores"]["refused"])


def score_of(text: str) -> int:
    """The points of a text, as it was sent: decoded twice, since once is what the careless do."""
    if ".." not in text and PLAIN.fullmatch(text):
        # Most requests are a path of ours and nothing else.
        found = text.lower()
        return sum(score for pattern, score in _patterns(plain=True) if pattern.search(found))
    # INVARIANT: no two blanks stand together.  The patterns go back over runs of blanks, which must not be long.
    found = SPACES.sub(_one, unquote(unquote(text.replace("+", " "))).lower())
    texts = {found, COMMENT.sub(" ", found) if "/*" in found else found}
    return sum(score for pattern, score in _patterns() if any(map(pattern.search, texts)))


def _one(blanks: re.Match[str]) -> str:
    return "\n" if "\n" in blanks.group() or "\r" in blanks.group() else " "


def of_path(request: HttpRequest) -> int:
    """The points of a request's path."""
    return score_of(request.path)


def of_words(request: HttpRequest) -> int:
    """The points of a query or of what a form sends, whichever has more; a form longer than those for visitors has 0."""
    query: str = request.META.get("QUERY_STRING", "")
    points = score_of(query) if query else 0
    length: str = request.META.get("CONTENT_LENGTH") or "0"
    is_form = request.META.get("CONTENT_TYPE", "").startswith(FORM)
    if not (is_form and length.isdecimal() and 0 < int(length) <= LONGEST):
        return points
    words = PASSWORDS.sub("", request.body.decode("utf-8", "replace"))
    return max(points, score_of(words))
