"""Bodies as they come: our own script's, and those of programs made for Plausible and for Umami.

Each reader takes what the statement names and says by name what it leaves (docs/navigation.md).  A name is told only
where we know it: one that we do not know could itself be somebody's.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NoReturn
from uuid import NAMESPACE_DNS, UUID, uuid5

from django.conf import settings

from troth.visits.models import What

from . import cleaning
from .hits import Asker, Hit, Told, Unreadable

LONGEST_LOAD, LONGEST_READ = 120_000, 4 * 3_600_000
MOST = 100
"""Hits in one body."""

OTHER = "other"
JSON = Mapping[str, Any]


def sites() -> dict[str, str]:
    """The hosts that are counted, and what a program may call them by: all that link the statement, but workspaces."""
    return _named_sites(settings.TROTH_LINKED_HOSTS, settings.TROTH_HOSTS["workspace"])


@lru_cache(maxsize=4)
def _named_sites(linked: frozenset[str], workspace: str) -> dict[str, str]:
    return {name: host for host in linked - {workspace} for name in (host, str(website_of(host)))}


def website_of(host: str) -> UUID:
    """The number under which programs made for Umami name a host."""
    return uuid5(NAMESPACE_DNS, host)


def _refuse(_: str) -> NoReturn:
    raise Unreadable("a number of the body is none")


_JSON = json.JSONDecoder(parse_constant=_refuse)


def parsed(body: bytes) -> Any:
    """A body's JSON.  Raises Unreadable for anything else, `NaN` and what is nested too deep among it."""
    try:
        return _JSON.decode(body.decode())
    except (ValueError, RecursionError):
        raise Unreadable("the body is no JSON") from None


def _mapping(value: Any) -> JSON:
    if not isinstance(value, dict):
        raise Unreadable("the body is no JSON object")
    return value


def _text(told: JSON, *names: str) -> str:
    for name in names:
        value = told.get(name)
        if isinstance(value, str):
            return value
    return ""


def _left(told: JSON, taken: frozenset[str], known: frozenset[str]) -> set[str]:
    """The names of what is in a body and not taken from it."""
    given = {name for name, value in told.items() if value not in (None, "", {}, [])} - taken
    return {name if name in known else OTHER for name in given}


def _referrer(text: str, site: str) -> str:
    """Where somebody came from; our own page tells nothing new."""
    host, path = cleaning.split(text)
    return f"{cleaning.host_of(host)}{cleaning.path_of(path)}"[:200] if host and host != site else ""


def _page(url: str, known: Mapping[str, str]) -> tuple[str, str, str]:
    """(site, path, query) of a whole address.  Raises Unreadable for one of a host that is not ours."""
    host, path = cleaning.split(url)
    if known.get(host) != host:
        raise Unreadable("the address of the page is not one of this site")
    return host, path, url.partition("?")[2].partition("#")[0]


# -- our own script: a list of short objects, for as many things as were done since the last one

_OWN = {"v": What.VIEW, "l": What.LINK, "d": What.DOWNLOAD, "b": What.FORM_BEGUN, "f": What.FORM_SENT,
        "r": What.READ, "e": What.ERROR, "m": What.MISSING}  # fmt: skip


def own(body: bytes, asker: Asker, site: str) -> Told:
    """`[{k: kind, p: path, q: query, r: referrer, u: link, t: milliseconds, m: message}]`."""
    given = parsed(body)
    if not isinstance(given, list) or not 0 < len(given) <= MOST:
        raise Unreadable(f"send a list of up to {MOST} hits")
    told = Told()
    for each in map(_mapping, given):
        what = _OWN.get(_text(each, "k"))
        if what is None:
            raise Unreadable("a hit is of no kind that we know")
        hit = Hit(asker, site, what, cleaning.path_of(_text(each, "p")))
        if what is What.VIEW:
            hit.referrer, hit.campaign = (
                _referrer(_text(each, "r"), site),
                cleaning.campaign_of(_text(each, "q")),
            )
            hit.load_ms = cleaning.milliseconds(each.get("t"), LONGEST_LOAD)
        elif what is What.MISSING:  # a broken link of our own is told, too
            hit.referrer = _referrer(_text(each, "r"), "")
        elif what in (What.LINK, What.DOWNLOAD):
            hit.target = cleaning.link_of(_text(each, "u"))
        elif what is What.READ:
            hit.read_ms = cleaning.milliseconds(each.get("t"), LONGEST_READ)
        elif what is What.ERROR:
            hit.error = cleaning.error_of(_text(each, "m")) or None
        told.hits.append(hit)
    return told


# -- Plausible: POST /api/event

_PLAUSIBLE = frozenset({"n", "name", "u", "url", "d", "domain", "r", "referrer", "v", "e", "h", "hashMode", "i",
                        "interactive"})  # fmt: skip
_PLAUSIBLE_LEFT = frozenset({"p", "props", "m", "meta", "$", "revenue", "w", "screen_width", "sd"})
_PLAUSIBLE_NAMES = {
    "pageview": What.VIEW, "engagement": What.READ, "Outbound Link: Click": What.LINK,
    "File Download": What.DOWNLOAD, "Form: Submission": What.FORM_SENT,
}  # fmt: skip


def plausible(body: bytes, asker: Asker) -> Told:
    """One event, for each of the sites it names.  Raises Unreadable."""
    event, known = _mapping(parsed(body)), sites()
    name, url = _text(event, "n", "name"), _text(event, "u", "url")
    if not name or not url:
        raise Unreadable("an event has a name and the address of its page")
    named = [known.get(each.strip()) for each in _text(event, "d", "domain").split(",")[:10]]
    site, path, query = _page(url, known)
    if not any(named):
        raise Unreadable("no site of that name is counted here")
    told = Told(dropped=_left(event, _PLAUSIBLE, _PLAUSIBLE_LEFT))
    what, props = _PLAUSIBLE_NAMES.get(name, What.OTHER), _props(event)
    for each in sorted({host for host in named if host}):
        hit = Hit(asker, each, what, cleaning.path_of(path), _referrer(_text(event, "r", "referrer"), site))
        hit.campaign = cleaning.campaign_of(query)
        if what in (What.LINK, What.DOWNLOAD):
            hit.target = cleaning.link_of(_text(props, "url"))
            if set(props) == {"url"}:
                told.dropped -= {"p", "props", "m", "meta"}
        elif what is What.READ:
            hit.read_ms = cleaning.milliseconds(event.get("e"), LONGEST_READ)
        elif what is What.OTHER:
            hit.done = _named(name, told)
        told.hits.append(hit)
    return told


def _props(event: JSON) -> JSON:
    """An event's properties; old programs send them as text."""
    for name in ("p", "props", "m", "meta"):
        value = event.get(name)
        if isinstance(value, str) and value:
            value = parsed(value.encode("utf-8", "replace"))
        if isinstance(value, dict):
            return value
    return {}


def _named(name: str, told: Told) -> str:
    kept = cleaning.name_of(name)
    if not kept:
        told.dropped.add("name")
    return kept


# -- Umami: POST /api/send, and a list of the same to /api/batch

_UMAMI = frozenset({"website", "hostname", "url", "referrer", "language", "name", "lcp"})
_UMAMI_LEFT = frozenset(
    {"id", "ip", "userAgent", "data", "title", "screen", "tag", "timestamp", "browser", "os", "device"}
)
_UMAMI_LEFT |= {"link", "pixel", "inp", "cls", "fcp", "ttfb"}


def umami(body: bytes, asker: Asker) -> Told:
    """One hit of the form `{type, payload}`.  Raises Unreadable."""
    told = Told()
    _one_of_umami(_mapping(parsed(body)), asker, sites(), told)
    return told


def umami_batch(body: bytes, asker: Asker) -> tuple[Told, list[int]]:
    """A list of hits, and the places of those that say nothing we can count.  Raises Unreadable for another body."""
    given = parsed(body)
    if not isinstance(given, list) or not 0 < len(given) <= MOST:
        raise Unreadable(f"send a list of up to {MOST} hits")
    told, known, wrong = Told(), sites(), list[int]()
    for place, each in enumerate(given):
        try:
            _one_of_umami(_mapping(each), asker, known, told)
        except Unreadable:
            wrong.append(place)
    return told, wrong


def _one_of_umami(given: JSON, asker: Asker, known: Mapping[str, str], told: Told) -> None:
    kind, payload = given.get("type"), _mapping(given.get("payload"))
    if kind not in ("event", "identify", "performance"):
        raise Unreadable("the type of a hit is `event`, `identify` or `performance`")
    site = known.get(_text(payload, "website").lower())
    if site is None:
        raise Unreadable("no website of that number is counted here")
    told.dropped |= _left(payload, _UMAMI, _UMAMI_LEFT)
    if kind == "identify":  # nobody is known by what a program says of them
        return
    if language := cleaning.language_of(_text(payload, "language")):
        asker = replace(asker, language=language)
    path, query = _umami_page(_text(payload, "url"), known)
    hit = Hit(asker, site, What.VIEW, cleaning.path_of(path), _referrer(_text(payload, "referrer"), site))
    hit.campaign = cleaning.campaign_of(query)
    if kind == "performance":
        hit.what, hit.load_ms = What.READ, cleaning.milliseconds(payload.get("lcp"), LONGEST_LOAD)
    elif name := _text(payload, "name"):
        hit.what, hit.done = What.OTHER, _named(name, told)
    told.hits.append(hit)


def _umami_page(url: str, known: Mapping[str, str]) -> tuple[str, str]:
    """(path, query): programs send a path or a whole address, and with an event of their own often neither."""
    if not url or url.startswith("/"):
        path, _, query = url.partition("?")
        return path or "/", query.partition("#")[0]
    _, path, query = _page(url, known)
    return path, query
