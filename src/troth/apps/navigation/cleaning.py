"""What is left of what a browser says, before any of it is kept (clauses collect.navigation, navigation.anonymous).

Addresses of pages come to us with numbers of orders, keys of threads and e-mail addresses in them.  Whatever looks like
the name or number of somebody is replaced by `*`, and what stands behind the question mark is left out.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from troth.visits.models import LONGEST

HIDDEN = "*"
_DIGITS = 5  # so many in a segment are a number of something; a year has four
_RUN = re.compile(r"[^\W_]+")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_NUMBERS = re.compile(r"\d(?:[\s().-]?\d){4,}")
_QUERY = re.compile(r"[?#][^\s)\"']*")
_NAME = re.compile(r"[^\W\d_][\w :./-]{0,49}")
_CAMPAIGN = re.compile(r"[\w .+-]{1,40}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|\d{3}))?(?![A-Za-z0-9])")
_HOST = re.compile(r"[a-z0-9*](?:[a-z0-9.*-]{0,98}[a-z0-9*])?")
_BEHIND_A_STROKE = re.compile(r"(?<=/)[^\s/)\"'<>]+")
_SCRIPT = re.compile(r"\.m?js(?::\d{1,4}){0,2}$")
_UTM = ("utm_source", "utm_medium", "utm_campaign")
_PLAIN = re.compile(r"(?:/[a-z]{0,24}(?:-[a-z]{1,24})*)+")
_WORD = 24  # letters: a longer run is no word of an address that people write


def is_somebodys(segment: str) -> bool:
    """Whether a segment of a path looks like a name, a number or a key of somebody or something single."""
    if "@" in segment or sum(map(str.isdigit, segment)) >= _DIGITS:
        return True
    runs = _RUN.findall(segment)
    if any(len(run) > _WORD or (len(run) >= 10 and _is_mixed(run)) for run in runs):
        return True
    # A key in which strokes happen to stand so that none of its runs is long.
    return len(segment) > _WORD and sum(each != each.lower() and _is_mixed(each) for each in runs) > 1


def _is_mixed(run: str) -> bool:
    """Letters and digits together, or capitals amid small letters: keys are so, words are not."""
    letters = [each for each in run if each.isalpha()]
    has_digit = len(letters) < len(run)
    inner = run[1:]
    return (has_digit and bool(letters)) or (inner != inner.lower() and inner != inner.upper())


def path_of(path: str) -> str:
    """A path as it is kept; always begins with a slash.  No cache of paths: keys of threads would lie in it."""
    if len(path) <= LONGEST["path"] and _PLAIN.fullmatch(path):
        return path
    whole = unquote(path.partition("?")[0].partition("#")[0])
    segments = [
        HIDDEN if is_somebodys(each) else _CONTROL.sub("", each)
        for each in whole.split("/")[: LONGEST["path"]]
    ]
    kept = "/".join(segments)
    return (kept if kept.startswith("/") else f"/{kept}")[: LONGEST["path"]]


def link_of(url: str) -> str:
    """Host and path of a web address, as it is kept; blank for anything else, `mailto:` before all."""
    host, path = split(url)
    return f"{host_of(host)}{path_of(path)}"[: LONGEST["target"]] if host else ""


def host_of(host: str) -> str:
    """A host as it is kept: an Internet address may be somebody's, and so may a name out of letters and numbers."""
    if host.replace(".", "").isdigit():
        return HIDDEN
    return ".".join(
        HIDDEN if any(map(str.isdigit, each)) and is_somebodys(each) else each for each in host.split(".")
    )


def split(url: str) -> tuple[str, str]:
    """(host, path) of a web address; ("", "") for anything else."""
    if not url:
        return "", ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return "", ""
    return host, parts.path or "/"


def campaign_of(query: str) -> str:
    """Source, medium and name of a campaign out of a query (`utm_…`); blank where none is named."""
    if "utm_" not in query:
        return ""
    try:
        told = parse_qs(query[:2000], max_num_fields=50)
    except ValueError:
        return ""
    named = [word_of(told.get(each, [""])[0]) for each in _UTM]
    return " / ".join(named).strip(" /")[: LONGEST["campaign"]] if any(named) else ""


def word_of(text: str) -> str:
    """A word of a campaign, or blank where it could be somebody's."""
    return text if _CAMPAIGN.fullmatch(text) and not is_somebodys(text) else ""


def name_of(text: str) -> str:
    """What a program calls something done on a page; blank where it could be somebody's."""
    return text if _NAME.fullmatch(text) and not any(map(is_somebodys, text.split())) else ""


@lru_cache(maxsize=1024)
def language_of(text: str) -> str:
    """The first language of a header or a program, as `en` or `en-GB`; blank where there is none."""
    found = _LANGUAGE.match(text.strip())
    if found is None:
        return ""
    return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")


def error_of(text: str) -> str:
    """What a page's script reports, without addresses, numbers, keys and queries.  It is sealed all the same."""
    told = _BEHIND_A_STROKE.sub(_segment, _MAIL.sub(HIDDEN, _QUERY.sub("", text[:2000])))
    told = _NUMBERS.sub(HIDDEN, told)
    return _CONTROL.sub(" ", told).strip()[:300]


def _segment(found: re.Match[str]) -> str:
    """Part of the address of a page, which may be the key to it; files of scripts keep their names."""
    return HIDDEN if is_somebodys(found[0]) and not _SCRIPT.search(found[0]) else found[0]


def milliseconds(value: object, most: int) -> int | None:
    """A time in milliseconds; None for what is none, or is longer than anybody waits or reads."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(value) if 0 <= value <= most else None
