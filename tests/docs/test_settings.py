"""Every setting has its line, and every line its setting."""

import re

from tests.docs.pages import tables
from tests.house.tree import ROOT, modules

NAME = re.compile(r"\bTROTH_[A-Z_]+[A-Z]\b")
PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def named_in_code() -> set[str]:
    return {name for path in modules() for name in NAME.findall(path.read_text(encoding="utf-8"))}


def listed() -> set[str]:
    return {name for table in tables(PAGE) for row in table for name in NAME.findall(row[0])}


def test_the_page_lists_each_setting_of_the_code_and_no_other() -> None:
    assert listed() == named_in_code() | {"TROTH_STATEMENT", "TROTH_AGREEMENT", "TROTH_COMPANY"}


def test_what_comes_from_the_environment_stands_with_its_default() -> None:
    environment, running, derived = tables(PAGE)
    assert all(len(row) == 3 and all(row) for row in [*environment, *running])
    read = {"TROTH_HOME", "TROTH_KEYS", "TROTH_PORT", "TROTH_DEMO", "TROTH_ESCROW", "TROTH_DATABASE_URL"}
    assert read <= {NAME.findall(row[0])[0] for row in [*environment, *running]}
    assert not read & {name for row in derived for name in NAME.findall(row[0])}
