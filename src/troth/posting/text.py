"""What becomes of the words of a post: hidden marks are taken out, Markdown is made HTML that can do nothing."""

import html
import re
import unicodedata
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

NESTED = 12
"""How deep quotations and lists may lie in one another."""

TAGS = {"p", "br", "strong", "em", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr"}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow noopener noreferrer ugc"

# Marks that turn the direction of writing, have no width, or tag; soft hyphens hide the same way.
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e007f]"
)
# The two joiners are letters' business in some scripts, and of emoji; between plain letters and digits they hide.
_JOINERS = re.compile(
    "(?<![\u0600-\uffff\U00010000-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?=[\\x00-\u05ff]|$)"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_EMPTY_LINES = re.compile(r"\n(?:[ \t]*\n){3,}")
_TAG = re.compile(r"<[^>]*>")
MOST_MARKS = 3
"""Accents upon one letter: a heap of them runs over the lines above and below."""


def cleaned(text: str) -> str:
    """A text without what readers cannot see and what would change how they see the rest."""
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    return _EMPTY_LINES.sub("\n\n\n", _seen(text)).strip()


def cleaned_line(text: str) -> str:
    """The same for what stands on one line."""
    return " ".join(cleaned(text).split())


def _seen(text: str) -> str:
    """A text without marks that have no shape of their own, and with few accents upon one letter."""
    return _thinned(_JOINERS.sub("", _HIDDEN.sub("", _CONTROLS.sub("", text))))


def _thinned(text: str) -> str:
    if text.isascii():
        return text
    kept, heap = list[str](), 0
    for letter in text:
        heap = heap + 1 if unicodedata.combining(letter) else 0
        if heap <= MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": NESTED})
    # No pictures from elsewhere, which would tell others who reads; no headings within those of the page.
    return made.disable(["image", "html_block", "html_inline", "heading", "lheading"])


def rendered(text: str) -> SafeString:
    """Markdown as HTML of a few harmless elements; whatever the text holds, no script, picture or style comes of it."""
    # Markdown has names and numbers for letters (`&#8238;`): what was taken out of the text would come back by them.
    made = _seen(_markdown().render(text))
    clean = nh3.clean(made, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel=REL)
    return mark_safe(clean)  # noqa: S308 - by the cleaner of the line above


def as_read(made: str) -> str:
    """The words of rendered HTML as readers see them: marks between digits are gone, as they are on the page."""
    return html.unescape(_TAG.sub("", made))
