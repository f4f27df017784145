"""The page on levels says what the code does."""

from tests.docs.pages import tables
from tests.house.tree import ROOT
from troth.accounts.levels.table import LEVELS, SETTINGS

PAGE = (ROOT / "docs" / "levels.md").read_text(encoding="utf-8")


def test_each_setting_stands_there_with_its_levels_and_its_floor() -> None:
    (listed,) = tables(PAGE)
    for row, told in zip(SETTINGS.values(), listed, strict=True):
        cells = [row.order.shown(value) for value in (*row.values, row.floor)]
        if row.is_needed_at:
            cells[list(LEVELS).index(row.is_needed_at)] = "only from networks that are named"
        assert told == [row.label, row.says, *cells]
