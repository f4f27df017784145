"""The first page is true: the table of proofs, the pictures, the tour of the house."""

import re
from importlib import import_module

from scripts.prove_table import BEGIN, END, with_table
from tests.docs.pages import SPAN, pages, tables
from tests.house.tree import ROOT
from troth.gate.proving.answers import CONTROLS, Status, points
from troth.gate.published import statement

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = tables(README.partition(BEGIN)[2].partition(END)[0])[0]


def test_it_opens_with_what_troth_implements_and_a_picture() -> None:
    title, opening, picture = README.split("\n\n")[:3]
    assert title == "# Troth" and len(opening.splitlines()) == 3
    assert all(word in opening for word in ("privacy statement", "hosted services", "rule", "page", "proof"))
    assert picture.startswith("![")


def test_the_two_commands_are_there() -> None:
    assert re.search(r"^make demo .*\nmake test ", README, re.MULTILINE)


def test_the_prove_table_has_every_clause_in_order() -> None:
    clauses = [clause.id for clause in statement.document().clauses]
    assert [SPAN.findall(row[0])[0] for row in TABLE] == clauses


def test_the_prove_table_says_of_each_clause_what_is_built() -> None:
    import_module("troth.config.urls")  # places are known once the pages are
    for code, state, figure in TABLE:
        clause = code.strip("`")
        built, named = points(clause)
        assert state in set(Status)
        assert (state == Status.KEPT) == (clause in CONTROLS and len(built) == len(named)), clause
        if clause not in CONTROLS:
            assert figure == (f"{len(built)} of {len(named)} points" if named else "not built"), clause


def test_the_table_is_written_between_its_markers() -> None:
    answers = [{"id": "a.b", "status": "kept", "figure": "1 of 1"}]
    page = with_table(f"above\n{BEGIN}old\n{END}below\n", answers)
    assert page.startswith(f"above\n{BEGIN}| Clause") and page.endswith(
        f"| `a.b` | kept | 1 of 1 |\n{END}below\n"
    )


def test_the_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").iterdir())
    assert 2 <= len(pictures) <= 8
    assert all(picture.suffix == ".png" and picture.stat().st_size < 300_000 for picture in pictures)


def test_every_picture_is_shown_on_a_page() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in pages())
    assert not [
        each.name for each in (ROOT / "docs" / "images").iterdir() if f"images/{each.name})" not in shown
    ]


def test_the_tour_of_the_house_names_every_floor() -> None:
    floors = {path.name for path in (ROOT / "src" / "troth").iterdir() if (path / "__init__.py").exists()}
    assert floors - {"engine"} <= set(re.findall(r"^src/troth/(\w+)/ ", README, re.MULTILINE))


def test_the_tour_of_the_house_names_every_app() -> None:
    line = re.search(r"^src/troth/apps/ +(.+)$", README, re.MULTILINE)
    apps = {path.parent.name for path in (ROOT / "src" / "troth" / "apps").glob("*/__init__.py")}
    assert line and set(line[1].split(", ")) == apps


def test_what_is_said_to_be_missing_is_missing() -> None:
    """A word for what is not built stands for clauses that are, every one, without a point in the code."""
    import_module("troth.config.urls")
    missing = README.partition("## What it is not")[2]
    words = {"settings": "security.settings"}
    assert all(word in missing for word in words)
    assert not [clause for clause in words.values() if points(clause)[0]]
    for clause, word in (("rights.ninety-days", "request desk"), ("use.requested", "Enquiries")):
        assert word in missing.partition(" are built.")[0] and clause in CONTROLS
