"""Commands and their page say the same, and no page names a command that is not there."""

import argparse
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.docs.pages import code, pages, sections
from tests.house.tree import ROOT, shown
from troth.config.cli import FAMILIES

PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
HEADED = {
    match[1]: text for heading, text in sections(PAGE, 3).items() if (match := re.match(r"`(.+)`$", heading))
}
TARGETS = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def parsers() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Each `troth` command, by its words."""
    top = argparse.ArgumentParser()
    commands = top.add_subparsers()
    for family in FAMILIES:
        import_module(f"troth.config.commands.{family}").add(commands)
    return dict(_leaves((), top))


def _leaves(
    words: tuple[str, ...], parser: argparse.ArgumentParser
) -> Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield words, parser
    for action in below:
        for name, each in action.choices.items():
            yield from _leaves((*words, name), each)


PARSERS = parsers()
HEADINGS = {
    words: heading
    for words in PARSERS
    for heading in HEADED
    if re.match(rf"troth {' '.join(words)}(?![\w-])", heading)
}


@pytest.mark.parametrize("words", PARSERS, ids=" ".join)
def test_a_command_has_a_heading_that_names_what_it_takes(words: tuple[str, ...]) -> None:
    heading = HEADINGS[words]
    for action in PARSERS[words]._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        name = action.option_strings[-1] if action.option_strings else action.dest.upper()
        assert name in heading, name


def test_every_heading_is_a_command() -> None:
    assert sorted(heading for heading in HEADED if heading.startswith("troth ")) == sorted(HEADINGS.values())


def test_the_page_lists_every_make_target_and_no_other() -> None:
    assert set(re.findall(r"^\| `make ([a-z-]+)`", PAGE, re.MULTILINE)) == TARGETS


def test_exit_codes_are_said() -> None:
    always_well = {("keys", "rotate"), ("keys", "recovery")}
    for words in HEADINGS.keys() - always_well:
        assert "Exit" in HEADED[HEADINGS[words]], words


@pytest.mark.parametrize("document", pages(), ids=shown)
def test_a_page_names_only_commands_that_are_there(document: Path) -> None:
    assert not [line for line in code(document.read_text(encoding="utf-8")) if is_unknown(line)]


def is_unknown(line: str) -> bool:
    """Whether a piece of code calls a `troth` command or a make target that does not exist."""
    words = line.split("#")[0].split()
    if words[:1] == ["make"] and len(words) > 1:
        return words[1] not in TARGETS
    if words[:1] != ["troth"] or len(words) == 1 or not re.fullmatch(r"[a-z]+", words[1]):
        return False
    known = {each[: len(words[1:])] for each in PARSERS} | {each[:1] for each in PARSERS}
    named = tuple(word for word in words[1:3] if re.fullmatch(r"[a-z]+", word))
    is_family = any(len(each) > 1 and each[0] == named[0] for each in PARSERS)
    return (named if is_family else named[:1]) not in known | {each[:2] for each in PARSERS}


def test_an_unknown_command_is_found() -> None:
    assert is_unknown("make tea") and is_unknown("troth brew") and is_unknown("troth keys lose")
    assert not any(
        map(is_unknown, ("make demo", "troth prove --json", "troth keys escrow FILE", "troth keys", "troth"))
    )
