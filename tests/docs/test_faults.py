"""Each of the twenty faults ends in the test that makes it happen."""

from tests.docs.pages import tables
from tests.docs.test_threat_model import holders
from tests.house.test_documents import fault
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "faults.md"


def test_each_fault_has_its_test() -> None:
    (rows,) = tables(PAGE.read_text(encoding="utf-8"))
    assert [row[0] for row in rows] == [str(number) for number in range(1, 21)]
    for row in rows:
        named = holders(row[-1])
        assert len(row) == 4 and all(row) and named, row[0]
        assert not [said for name in named if (said := fault(name, PAGE))], row[0]
