"""The table of the source's sentences is current, and says of each what the house says."""

import re
import tomllib
from importlib import import_module
from typing import Any

import pytest
from django.urls import Resolver404, resolve

from tests.docs.pages import SPAN, tables
from tests.house.test_documents import fault
from tests.house.tree import ROOT
from troth.config.coverage import DATA, page
from troth.gate.proving.answers import CONTROLS, points
from troth.gate.published import statement

PAGE = ROOT / "docs" / "coverage.md"
SOURCE: dict[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
SENTENCES: list[dict[str, Any]] = SOURCE["sentence"]
ROWS = [dict(zip(("no", "says", "clause", "page", "code", "control", "test", "screenshot", "kind"), row, strict=True))
        for row in tables(PAGE.read_text(encoding="utf-8"))[0]]  # fmt: skip
BUILT = [row for row in ROWS if row["page"] != "not built"]


def clause_of(row: dict[str, str]) -> str:
    return SPAN.findall(row["clause"])[0]


def test_the_page_is_what_the_command_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `troth statement coverage`"


def test_every_sentence_of_the_source_is_there_once_and_in_order() -> None:
    numbers = [str(number) for number in range(1, 50)]
    numbers.insert(numbers.index("46") + 1, "46b")
    assert [row["no"] for row in ROWS] == numbers


def test_every_clause_of_the_statement_carries_a_sentence_and_there_is_no_other() -> None:
    shipped = {clause.id for clause in statement.document().clauses}
    assert {clause_of(row) for row in ROWS} == shipped and set(SOURCE["clauses"]) <= shipped


def test_built_is_what_the_house_has_a_control_and_every_point_for() -> None:
    import_module("troth.config.urls")  # places are known once the pages are

    def is_built(clause: str) -> bool:
        there, named = points(clause)
        return clause in CONTROLS and len(there) == len(named)

    assert not [each["number"] for each in SENTENCES if each["built"] != is_built(each["clause"])]


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row["no"])
def test_what_is_built_has_page_code_control_and_test_that_are_there(row: dict[str, str]) -> None:
    for column in ("code", "control", "test"):
        pointers = SPAN.findall(row[column])
        assert pointers and all("::" in pointer for pointer in pointers), column
        assert not [said for pointer in pointers if (said := fault(pointer, PAGE))]
    found = CONTROLS[clause_of(row)]
    assert SPAN.findall(row["control"]) == [f"src/{found.__module__.replace('.', '/')}.py::{found.__name__}"]


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row["no"])
def test_a_page_answers_under_its_address(row: dict[str, str]) -> None:
    addresses = SPAN.findall(row["page"])
    assert addresses
    for address in addresses:
        try:
            assert resolve(address, "troth.config.urls").url_name
        except Resolver404:
            pytest.fail(f"no page answers at `{address}`")


def test_a_screenshot_is_a_picture_of_the_documents() -> None:
    shown = [name for row in ROWS for name in re.findall(r"\(images/([\w.-]+)\)", row["screenshot"])]
    assert shown and not [name for name in shown if not (ROOT / "docs" / "images" / name).exists()]


def test_a_clause_says_added_where_one_of_its_sentences_does() -> None:
    added = {clause_of(row) for row in ROWS if row["kind"] != "same"}
    text = (ROOT / "statement.md").read_text(encoding="utf-8")
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        name = re.search(r"\{#([\w.-]+)\}", part)
        assert name and (re.search(r"^Added: ", part, re.MULTILINE) is not None) == (name[1] in added), name
    assert {row["kind"] for row in ROWS} == {"same", "added", "modernised"}
