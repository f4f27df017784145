"""`troth statement` on files that people may give it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.site.demo import ROOT, troth
from troth.config import cli

TEN = ROOT / "tests" / "engine" / "statement" / "ten-contradictions.md"
BEGINNING = """# Ours

```rules
define category contact "Contact" with
    name "Name"
define recipient company "us"
define place contact-us "Contact Us"
```

## Topic

### One {#one.same}

We ask.

"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[str]]:
    """The exit code and the lines on standard error."""
    code = cli.main(["statement", *map(str, arguments)])
    return code, capsys.readouterr().err.splitlines()


def test_ten_planted_contradictions_are_told_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "check", TEN)
    kinds = [re.search(r": (?:error|warning) (S\d\d): ", line) for line in lines]
    found = [kind[1] for kind in kinds if kind]
    assert (code, found) == (1, ["S01", "S02", "S03", "S04", "S05", "S06", "S07", "S09", "S10", "S10"])
    assert len(lines) == 10 and all(re.match(r".*ten-contradictions\.md:\d+:\d+: ", line) for line in lines)
    assert all("; " in line for line in lines), "each says what to do"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BEGINNING + "```rules\npermit use of contact for x\n```\n", 17),
        (BEGINNING + "```rules\ncollect contcat at contact-us\n```\n", 17),
        (BEGINNING + "### Again {#one.same}\n\nAgain.\n", 16),
        (BEGINNING + "```rules\ncollect contact at contact-us\n", 16),
        (BEGINNING + '```rules\ncollect "contact" at contact-us\n```\n', 17),
    ],
    ids=["unknown word", "missing category", "duplicate id", "unclosed block", "text for a name"],
)
def test_a_broken_statement_is_told_with_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    file = tmp_path / "statement.md"
    file.write_text(text)
    code, lines = run(capsys, "check", file)
    assert code == 1 and lines
    assert re.search(rf"statement\.md:{line}:\d+: error S\d\d: .+; .+", lines[0]), lines


@pytest.mark.parametrize(
    "data",
    [
        BEGINNING.encode() + b"\xff\xfe",
        BEGINNING.encode("utf-16"),
        b"# Ours\n" + b"word " * 220_000,
        b"\0" * 100,
        b"",
    ],
    ids=["not utf-8", "utf-16", "1 MB", "zeros", "empty"],
)
def test_a_file_that_is_no_statement_is_told_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    file = tmp_path / "statement.md"
    file.write_bytes(data)
    code, lines = run(capsys, "check", file)
    assert code == 1 and 1 <= len(lines) <= 2
    assert all(re.search(r"statement\.md(:\d+:\d+)?: ", line) for line in lines)


def test_a_missing_file_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, "check", tmp_path / "none.md")
    assert code == 1 and len(lines) == 1 and "none.md" in lines[0]


def test_the_statement_of_the_house_is_well() -> None:
    done = troth("statement", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("33 clauses, ")


def test_a_field_that_is_asked_for_no_more_is_told_in_words(tmp_path: Path) -> None:
    text = (ROOT / "statement.md").read_text(encoding="utf-8")
    fewer = text.replace("contact.phone, contact.email, enquiry", "contact.email, enquiry")
    (tmp_path / "statement.md").write_text(fewer)
    (tmp_path / "agreement.md").write_bytes((ROOT / "agreement.md").read_bytes())
    done = troth("statement", "diff", ROOT / "statement.md", tmp_path / "statement.md")
    assert (done.returncode, done.stderr) == (0, "")
    assert "may no longer collect `contact.phone`" in done.stdout
    assert "may no longer collect `contact.name`" not in done.stdout
