"""What is looked for in a draft before it appears: ways to reach somebody are pointed out, card numbers refused.

clause: public.posts - whether an address or a number stays is up to its author.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from django.conf import settings

from troth.engine.statement import Document
from troth.gate.collection import holds_card_number
from troth.gate.published import statement

from .text import as_read, rendered

CLAUSE = "public.posts"
TRIES = 300
"""How often a number is looked for in one text; a text of digits alone costs no more."""

FEWEST = 13
"""Digits that a card number has at the least."""

_AT = r"(?:@|\s?[(\[{]\s?at\s?[)\]}]\s?)"
_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}{_AT}[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}}\.){{1,8}}[A-Za-z]{{2,24}}"
)
_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|terrace|way|parkway"
)
_POSTAL = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?\s(?:[A-Z][\w’'.-]{{1,30}}\s){{1,4}}(?:{_STREETS})\b\.?"  # 12 Kiln Lane
    r"|\b[A-Z][\w’'-]{1,30}(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee)\s\d{1,4}\s?[a-z]?\b"  # Ofenstraße 7a
    r"|\b(?:rue|avenue|boulevard|calle|via|ulica|ul\.)\s(?:[\w’'.-]{1,30}\s){1,4}\d{1,4}\b"
    r"|\b\d{1,4},?\s(?:rue|avenue|boulevard)\s[\w’'-]{2,30}"
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b"  # a British postcode
    r"|\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b",  # a state and its ZIP code
    re.IGNORECASE,
)
_CASED = re.compile(r"[A-Z]")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of another post: which of its editions, and from where to where."""

    post: UUID
    edition: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as its author sent it: already `text.cleaned`."""

    signed_as: str
    body: str
    afterwards: str
    title: str = ""
    quote: Quote | None = None

    @property
    def whole(self) -> str:
        """All that it says, for whoever looks through it."""
        return "\n".join(each for each in (self.signed_as, self.title, self.body) if each)

    @property
    def fingerprint(self) -> str:
        """By which it is known that an author saw what was found in exactly this draft."""
        return hash_of(self.whole)


@dataclass(frozen=True, slots=True)
class Found:
    """Something in a draft by which somebody can be reached: what it is, where, and the words themselves."""

    what: str
    start: int
    end: int
    words: str


def warning() -> str:
    """What the statement says to everybody who posts: the promise itself, without what the Company added."""
    return warning_in(statement.document())


def warning_in(document: Document) -> str:
    """The same in any statement; blank in one that has no such clause."""
    proses = [clause.prose for clause in document.clauses if clause.id == CLAUSE]
    return " ".join(proses[0].split("\n\n")[0].split()) if proses else ""


def hash_of(text: str) -> str:
    """By which a warning is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def warning_hash() -> str:
    """Kept with each post: which warning stood above the box in which it was written."""
    return hash_of(warning())


def check_draft(text: str) -> list[Found]:
    """E-mail addresses, telephone numbers and postal addresses in a text, in their order; none overlaps another.

    Last come those that only readers will see, since Markdown has other ways to write a letter: at the text's end.
    """
    found = _apart(text)
    written = {_letters(each.words) for each in found}
    unseen = [each for each in _apart(as_read(rendered(text))) if _letters(each.words) not in written]
    return [*found, *(Found(each.what, len(text), len(text), each.words) for each in unseen)]


def _letters(words: str) -> str:
    return "".join(filter(str.isalnum, words)).casefold()


def _apart(text: str) -> list[Found]:
    found, end = list[Found](), 0
    for each in sorted(_all(text), key=lambda one: (one.start, -one.end)):
        if each.start >= end:
            found.append(each)
            end = each.end
    return found


def _all(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found("e-mail address", match.start(), match.end(), match.group())
    for match in _POSTAL.finditer(text):
        if _CASED.search(match.group()):
            yield Found("postal address", match.start(), match.end(), match.group())
    numbers = phonenumbers.PhoneNumberMatcher(text, settings.TROTH_REGION, max_tries=TRIES)
    for number in numbers:
        yield Found("telephone number", number.start, number.end, number.raw_string)


def has_card_number(text: str) -> bool:
    """clause: collect.billing - whether a text holds one as it is written, or as readers will see it."""
    if sum(map(str.isdigit, text)) < FEWEST:
        return False
    return holds_card_number(text) or holds_card_number(as_read(rendered(text)))
