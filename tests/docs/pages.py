"""The documents, as the tests of the documents read them."""

import re
from pathlib import Path

from tests.house.tree import ROOT

FENCE = re.compile(r"^(```|~~~)[^\n]*\n(.*?)^\1[^\n]*$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def pages() -> list[Path]:
    """What people read: the documents at the root, and everything under docs/ and spec/."""
    names = ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")
    return [*(ROOT / f"{name}.md" for name in names), *sorted((ROOT / "docs").rglob("*.md")), *spec()]


def spec() -> list[Path]:
    return sorted((ROOT / "spec").rglob("*.md"))


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return FENCE.sub("", text)


def code(text: str) -> list[str]:
    """Each span and each line of code in a page."""
    lines = [line.strip() for block in FENCE.finditer(text) for line in block[2].splitlines()]
    return [*SPAN.findall(prose(text)), *(line for line in lines if line)]


def sections(text: str, level: int) -> dict[str, str]:
    """A page's text by its headings of one level."""
    parts = re.split(rf"^{'#' * level} (.+)$", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def tables(text: str) -> list[list[list[str]]]:
    """Each table of a page: its rows below the head, as cells."""
    found = re.findall(r"^\|.*\|\n\|[-| :]+\|\n((?:\|.*\|\n?)*)", text, re.MULTILINE)
    return [[cells(line) for line in body.splitlines()] for body in found]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])]


def anchor(heading: str) -> str:
    """What a link to a heading is called."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
