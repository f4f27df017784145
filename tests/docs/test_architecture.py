"""The picture of the house is that of the house."""

import ast
import re

from tests.docs.pages import SPAN, sections, tables
from tests.house.tree import ROOT, SOURCE, modules, parsed
from troth.gate.schedule.leases import JOBS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PARTS = sections(PAGE, 2)
ROOMS = re.findall(r"^\d+\. `src/troth/gate/(\w+)`", PARTS["The rooms of the gate"], re.MULTILINE)


def neighbours(room: str) -> set[str]:
    """The rooms that a room's modules import."""
    imports = [
        node.module.split(".")[0]
        for path in modules(SOURCE / "gate" / room)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module
    ]
    return {name for name in imports if name in ROOMS}


def test_every_room_of_the_gate_is_listed() -> None:
    assert sorted(ROOMS) == sorted(path.parent.name for path in (SOURCE / "gate").glob("*/__init__.py"))


def test_a_room_imports_only_those_above_it_in_the_list() -> None:
    for number, room in enumerate(ROOMS):
        assert neighbours(room) <= set(ROOMS[:number]), room
    assert neighbours("uses") == {"published", "keystore", "journal"}


def test_every_job_is_listed_with_its_interval() -> None:
    listed = {row[0]: row[1] for row in tables(PARTS["What runs"])[1]}
    seconds = {
        "second": 1,
        "5 seconds": 5,
        "minute": 60,
        "10 minutes": 600,
        "hour": 3600,
        "6 hours": 6 * 3600,
    }
    assert {name: seconds[every] for name, every in listed.items()} == {
        name: job.every.total_seconds() for name, job in JOBS.items()
    }


def test_the_diagram_shows_every_floor() -> None:
    floors = [path.parent.name for path in SOURCE.glob("*/__init__.py")]
    assert not [floor for floor in floors if not re.search(rf"\| {floor}\b", PARTS["The house"])]
    assert SPAN.findall(PAGE)


def test_every_app_is_in_the_diagram_and_in_the_list() -> None:
    apps = {path.parent.name for path in SOURCE.glob("apps/*/__init__.py")}
    listed = [row[0].strip("`").removeprefix("src/troth/apps/") for row in tables(PARTS["The apps"])[0]]
    assert len(listed) == len(set(listed)) and set(listed) == apps
    assert not [name for name in apps if not re.search(rf"\b{name}\b", PARTS["The house"].split("```")[1])]
    assert "src/troth/accounts/people" in PARTS["The apps"]
