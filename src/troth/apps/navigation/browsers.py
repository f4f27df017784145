"""What a browser says of itself: its kind and version, its system, whether it is a program.

Of the many words of an agent no more is kept than these: the whole of it comes close to telling one browser from all
others.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from crawlerdetect import CrawlerDetect

LONGEST_AGENT = 512

# In this order: most browsers also name the ones they descend from.
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d{1,4})")),
    ("Opera", re.compile(r"(?:OPR|Opera)/(\d{1,4})")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d{1,4})")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d{1,4})")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/(\d{1,4})")),
    ("Safari", re.compile(r"Version/(\d{1,4})[\d.]* (?:Mobile/\w+ )?Safari/")),
)
_SYSTEMS = (
    ("iOS", re.compile(r"iPhone|iPad|iPod")),
    ("Android", re.compile(r"Android")),
    ("Windows", re.compile(r"Windows")),
    ("ChromeOS", re.compile(r"CrOS")),
    ("macOS", re.compile(r"Mac OS X|Macintosh")),
    ("Linux", re.compile(r"Linux|X11")),
)
_TABLET = re.compile(r"iPad|Tablet|Android(?!.*Mobile)")
_PHONE = re.compile(r"Mobi|iPhone|iPod")


@dataclass(frozen=True, slots=True)
class Browser:
    """`browser` and `system` as they are kept, blank where they cannot be told."""

    browser: str = ""
    system: str = ""
    is_bot: bool = False


@cache
def _detector() -> CrawlerDetect:
    return CrawlerDetect()


@lru_cache(maxsize=4096)
def browser_of(agent: str) -> Browser:
    """Read the `User-Agent` of a request, cut to `LONGEST_AGENT`.  One without any is a program."""
    if not agent:
        return Browser(is_bot=True)
    name = ""
    for each, pattern in _BROWSERS:
        if found := pattern.search(agent):
            name = f"{each} {found[1]}"
            break
    system = next((each for each, pattern in _SYSTEMS if pattern.search(agent)), "")
    device = "tablet" if _TABLET.search(agent) else "phone" if _PHONE.search(agent) else "desktop"
    is_bot = bool(_detector().isCrawler(agent))
    return Browser(name, f"{system}, {device}" if system else "", is_bot)
