"""The tour follows one address, and each of its steps names code that is there."""

import re

import pytest

from tests.docs.pages import sections
from tests.house.test_documents import fault, pointers
from tests.house.tree import ROOT

TOUR = ROOT / "docs" / "tour.md"
STEPS = sections(TOUR.read_text(encoding="utf-8"), 2)
WALK = ("form", "Checked", "key store", "Sealed", "row", "outbox", "entry", "carrier", "inbox", "Opened", "Answered",
        "receipt", "Verified", "Erased", "Purged")  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_step_names_code_that_is_there(step: str) -> None:
    named = [pointer for pointer in pointers(STEPS[step]) if "::" in pointer]
    assert named
    assert not [said for pointer in named if (said := fault(pointer, TOUR))]


def test_the_steps_are_counted() -> None:
    assert [re.match(r"\d+", step)[0] for step in STEPS] == [str(n + 1) for n in range(len(STEPS))]  # type: ignore[index]


def test_the_walk_goes_from_the_form_to_the_purge() -> None:
    headings, at = " / ".join(STEPS), 0
    for word in WALK:
        assert word in headings[at:], f"`{word}` does not come after the step before it"
        at = headings.index(word, at)


def test_every_path_is_written_in_full() -> None:
    assert not [
        p for p in pointers(TOUR.read_text(encoding="utf-8")) if "::" in p and not p.startswith("src/")
    ]
