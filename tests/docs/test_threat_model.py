"""Each row of the threat model ends in the test that holds it, or says that nothing does."""

import pytest

from tests.docs.pages import SPAN, sections, tables
from tests.house.test_documents import fault
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
ROWS = [row for table in tables(PAGE.read_text(encoding="utf-8")) for row in table]
OPEN = "not defended"


def holders(cell: str) -> list[str]:
    """The tests that a cell names."""
    return [code for code in SPAN.findall(cell) if code.startswith("tests/")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_row_ends_in_its_test_or_says_not_defended(row: list[str]) -> None:
    assert len(row) == 5 and all(row)
    named = holders(row[-1])
    assert named or OPEN in row[-1]
    assert all("::test_" in name for name in named)
    assert not [said for name in named if (said := fault(name, PAGE))]


def test_every_party_of_the_list_has_a_row() -> None:
    told = " ".join(row[0] for row in ROWS)
    for party in (
        "data file", "key store", "key folder", "running database", "curious", "engineer", "rewrites the log",
        "listens", "private link", "laptop", "form a thousand times", "old backup",
        "key service", "mail relay", "bucket", "where backups lie", "of a provider", "member of staff",
    ):  # fmt: skip
        assert party in told, party


def test_what_is_open_is_said() -> None:
    assert sum(OPEN in row[-1] for row in ROWS) >= 10


def test_assumptions_stand_before_the_rows() -> None:
    assert list(sections(PAGE.read_text(encoding="utf-8"), 2))[:2] == ["What is guarded", "What is assumed"]
