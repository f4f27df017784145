"""Each row of the page on ASVS ends in its tests, or says where it falls short; what was not looked at is said."""

import re

from tests.docs.pages import sections, tables
from tests.docs.test_threat_model import holders
from tests.house.test_documents import fault
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "asvs.md"
TEXT = PAGE.read_text(encoding="utf-8")
NUMBER = re.compile(r"\d+\.\d+\.\d+")
ROWS, NONE = tables(TEXT)


def test_a_row_ends_in_its_tests_or_says_where_it_falls_short() -> None:
    for row in ROWS:
        assert len(row) == 4 and all(row) and NUMBER.fullmatch(row[0]) and row[1] in "12", row[0]
        named = holders(row[-1])
        assert named or "falls short" in row[-1], row[0]
        assert not [said for name in named if (said := fault(name, PAGE))], row[0]


def test_each_requirement_stands_once_and_they_add_up() -> None:
    met = [row[0] for row in ROWS]
    later = NUMBER.findall(sections(TEXT, 2)["Not looked at yet"])
    assert len(set(met + later)) == len(met) + len(later)
    assert not set(met + later) & set(NUMBER.findall(" ".join(row[0] for row in NONE)))
    told = re.search(r"^(\d+) rows; (\d+) do not apply; (\d+) were not looked at", TEXT, re.MULTILINE)
    assert told and (int(told[1]), int(told[3])) == (len(met), len(later))
    assert sum(map(int, told.groups())) == 253
