"""What the repository may hold, and what its two commands need."""

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.house.tree import ROOT, shown, texts

SETS = sorted((ROOT / "requirements").glob("*.txt"))
# Written in pieces, so that this file does not hold what it looks for.
MACHINE = [r"(?<![\w.~-])/(work|root|opt/wheels)" + "/", r"(?<![\w.~-])/home" + r"/\w"]
REGISTRIES = [
    r"\bpypi" + r"\.org",
    "python" + "hosted",
    "npm" + r"js\.",
    r"deb" + r"\.debian\.org",
    "snapshot" + r"\.debian",
]
PLACES = re.compile("|".join([*MACHINE, *REGISTRIES]))


@pytest.mark.parametrize("requirements", SETS, ids=shown)
def test_requirements_name_hashes_and_no_address(requirements: Path) -> None:
    text = requirements.read_text()
    assert "://" not in text
    packages = [block for block in re.split(r"\n(?=\S)", text) if block.strip()]
    assert packages
    assert not [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block]


def test_the_sets_agree_on_every_version() -> None:
    pins: dict[str, set[str]] = {}
    for requirements in SETS:
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text(), re.MULTILINE):
            pins.setdefault(name, set()).add(version)
    assert not {name: versions for name, versions in pins.items() if len(versions) > 1}


def test_every_pinned_dependency_is_in_its_set() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = (ROOT / "requirements" / "run.txt").read_text().lower()
    for dependency in project["project"]["dependencies"]:
        assert re.sub(r"\[.*\]", "", dependency).lower() in run


def test_each_dependency_has_its_reason_and_contributing_says_how_many_there_are() -> None:
    listed = (ROOT / "pyproject.toml").read_text().partition("\ndependencies = [\n")[2].partition("\n]")[0]
    lines = listed.splitlines()
    assert not [line for line in lines if not re.fullmatch(r' +"[^"]+==[^"]+", +# \S.+', line)]
    numbers = {
        17: "seventeen",
        18: "eighteen",
        19: "nineteen",
        20: "twenty",
        21: "twenty-one",
        22: "twenty-two",
    }
    assert f"there are {numbers[len(lines)]}," in (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize("name", ["pymerkle", "localstripe"])
def test_nothing_under_the_gpl_is_shipped_or_in_our_environment(name: str) -> None:
    assert not [shown(path) for path in SETS if path.stem != name and name in path.read_text()]
    assert find_spec(name) is None


def test_no_file_names_a_machine_or_a_registry() -> None:
    faults = [
        f"{shown(path)}:{text[: match.start()].count(chr(10)) + 1}: {match.group()}"
        for path, text in texts()
        for match in PLACES.finditer(text)
    ]
    assert not faults, "\n".join(faults)


def test_a_named_place_is_recognised() -> None:
    assert PLACES.search("see " + "/work" + "/main")
    assert not PLACES.search("docs/work/main and https://localhost:8443/home")


def test_ci_runs_both_halves_of_the_tests() -> None:
    told = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^(?:exec )?make (\S+)", told, re.MULTILINE) == ["test", "test-long"]
    halves = dict(
        re.findall(
            r"^(test|test-long):.*\n.*TIER=(\"not long\"|long) ", (ROOT / "Makefile").read_text(), re.M
        )
    )
    assert halves == {"test": '"not long"', "test-long": "long"}
    assert not re.search(
        r"-m\b", (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("addopts")[2][:200]
    )


def test_every_command_explains_itself_in_the_help() -> None:
    targets = re.findall(r"^([a-z-]+):(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "bench", "help"} <= {name for name, _ in targets}
    assert not [name for name, rest in targets if "##" not in rest]


def test_the_postgres_runner_passes_on_the_exit_code_and_leaves_nothing() -> None:
    runner = [sys.executable, str(ROOT / "scripts" / "postgres.py"), "--"]
    told = "import os; print(os.environ['PGHOST']); raise SystemExit(7)"
    done = subprocess.run([*runner, sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert not Path(done.stdout.strip()).exists()
