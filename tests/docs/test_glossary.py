"""The glossary's words lead to code that is there."""

import re
from importlib import import_module

import pytest

from tests.docs.pages import SPAN, tables
from tests.house.tree import ROOT

ROWS = [row for table in tables((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")) for row in table]
LINKED = {row[0]: SPAN.findall(row[2]) for row in ROWS if row[2]}


@pytest.mark.parametrize("word", LINKED)
def test_a_word_leads_to_code(word: str) -> None:
    for pointer in LINKED[word]:
        module, _, symbol = pointer.partition(":")
        found = import_module(module)
        for name in symbol.split("."):
            assert hasattr(found, name), f"`{pointer}` leads nowhere"
            found = getattr(found, name)


def test_every_word_stands_once_with_a_meaning() -> None:
    words = [row[0] for row in ROWS]
    assert len(words) == len(set(words))
    assert all(len(row) == 3 and row[1].endswith(".") for row in ROWS)


def test_what_is_named_like_code_and_has_none_is_not_built() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    unlinked = [row[0] for row in ROWS if not row[2]]
    assert not [word for word in unlinked if re.search(rf"^class {word}\b", source, re.MULTILINE)]
