"""A walk over our own pages as a visitor: from each host's first page along the links, to what stands in the foot."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from troth.gate.outbound import probe

MOST = 80
"""Pages that one walk looks at: a site has fewer, and one that links without end must not hold the walk up."""
REDIRECTS = (301, 302, 303, 307, 308)

Place = tuple[str, str]
"""(host, path) of a page."""
Get = Callable[[str, str], probe.Answer]


@dataclass(slots=True)
class Walk:
    """What a walk saw: the pages, those of them without the link in the foot, and what was no page."""

    pages: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class _Links(HTMLParser):
    """Where a page leads, and where its foot does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[str] = []
        self.in_foot: list[str] = []
        self._feet = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._feet += tag == "footer"
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.all.append(target)
            if self._feet:
                self.in_foot.append(target)

    def handle_endtag(self, tag: str) -> None:
        self._feet -= tag == "footer" and self._feet > 0


def walk(hosts: list[str], link: str, get: Get) -> Walk:
    """Look at every page that can be reached from the hosts' first ones.  Raises probe.Unreachable."""
    seen, waiting, found = set[Place](), [(host, "/") for host in hosts], Walk()
    while waiting and len(seen) < MOST:
        place = waiting.pop(0)
        if place in seen:
            continue
        seen.add(place)
        answer = get(*place)
        waiting += _look(place, answer, link, found, hosts)
    return found


def _look(place: Place, answer: probe.Answer, link: str, found: Walk, hosts: list[str]) -> Iterator[Place]:
    shown = "".join(place)
    if answer.status in REDIRECTS:
        return _places(place, answer.all("location"), hosts)
    if answer.status != 200:
        found.failed.append(f"{shown} answered {answer.status}")
    elif "text/html" in "".join(answer.all("content-type")):
        links = _Links(answer.body)
        found.pages.append(shown)
        if link not in links.in_foot:
            found.bare.append(shown)
        return _places(place, links.all, hosts)
    return iter(())


def _places(place: Place, targets: list[str], hosts: list[str]) -> Iterator[Place]:
    """Where the targets lead to, on the hosts that are walked; the query names no other page."""
    for target in targets:
        parts = urlsplit(urljoin(f"https://{place[0]}{place[1]}", target))
        if parts.scheme == "https" and parts.hostname in hosts and not parts.path.startswith("/.well-known/"):
            yield parts.hostname, parts.path or "/"
