"""Decisions have one form, are counted, and are listed."""

from pathlib import Path

import pytest

from tests.docs.pages import sections
from tests.house.tree import ROOT, lines, shown

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
HEADINGS = ["Summary", "Example", "Motivation", "Design", "Drawbacks", "Alternatives"]


@pytest.mark.parametrize("document", PAGES, ids=shown)
def test_a_decision_is_one_page_of_the_same_form(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert text.startswith(f"# {document.name[:4]}: ")
    assert list(sections(text, 2)) == HEADINGS
    assert lines(document) <= 60


def test_decisions_are_counted_without_a_gap_and_listed() -> None:
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [page.name[:4] for page in PAGES] == [f"{n + 1:04}" for n in range(len(PAGES))]
    assert not [page.name for page in PAGES if f"({page.name})" not in listed]
