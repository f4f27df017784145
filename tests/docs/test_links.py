"""Every link leads somewhere, and every page can be reached."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import LINK, anchor, pages, prose
from tests.house.tree import ROOT, shown


def inner_links(page: Path) -> list[str]:
    found = LINK.findall(prose(page.read_text(encoding="utf-8")))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def lost(link: str, page: Path) -> bool:
    """Whether a link leads to no file, or to no heading of its file."""
    name, _, heading = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return True
    headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if heading else []
    return bool(heading) and heading not in map(anchor, headings)


@pytest.mark.parametrize("document", pages(), ids=shown)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert not [link for link in inner_links(document) if lost(link, document)]


def test_a_link_to_nothing_is_found() -> None:
    readme = ROOT / "README.md"
    assert lost("docs/nowhere.md", readme) and lost("docs/tour.md#nowhere", readme)
    assert not lost("docs/tour.md#1-the-form", readme)


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for link in inner_links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            waiting.append(target / "README.md" if target.is_dir() else target)
    assert not [shown(page) for page in pages() if page not in reached]
