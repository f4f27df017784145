"""The container's recipe: it copies what is there, starts what exists, and runs as nobody's superuser.

That an image comes of it is tried where there is a builder; here everything else about it is.
"""

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files
from tests.site.demo import environment
from troth.config import cli

RECIPE = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text(encoding="utf-8"))
STEPS = re.findall(r"^([A-Z]+) +(.*)$", RECIPE, re.MULTILINE)
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|DATABASE_URL|PRIVATE", re.IGNORECASE)


def of(kind: str) -> list[str]:
    """The rest of each step of a kind."""
    return [rest for word, rest in STEPS if word == kind]


def copied() -> list[str]:
    """What is copied out of the checkout."""
    steps = [step.split() for step in of("COPY") if not step.startswith("--from")]
    return [source for *sources, _ in steps for source in sources]


def test_what_is_copied_is_there_and_let_through() -> None:
    assert copied() and not [name for name in copied() if not (ROOT / name).exists()]
    let_through = {line[1:] for line in IGNORED if line.startswith("!")}
    assert set(copied()) == let_through and "*" in IGNORED


def test_nothing_that_is_copied_holds_a_key_or_a_secret() -> None:
    inside = [path for path in files() if any(path.is_relative_to(ROOT / name) for name in copied())]
    assert inside and not [
        path for path in inside if fnmatch(path.name, "*.sqlite3*") or path.suffix in (".pem", ".key")
    ]
    assert not [step for kind in ("ENV", "ARG") for step in of(kind) if SECRET.search(step)]


@pytest.mark.parametrize("step", ["CMD", "HEALTHCHECK"])
def test_what_it_starts_is_a_command_of_the_house(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = json.loads(of(step)[-1].partition("[")[1] + of(step)[-1].partition("[")[2])
    command = words[1:] if words[0] == "troth" else words
    for each in (command, ["worker"], ["init"], ["health", "--worker"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*each, "--help"])
        assert ended.value.code == 0 and "usage: troth" in capsys.readouterr().out
    assert json.loads(of("ENTRYPOINT")[0]) == ["troth"]


def test_it_runs_as_a_user_of_its_own_and_keeps_keys_apart_from_data() -> None:
    kinds = [word for word, _ in STEPS]
    last = len(kinds) - kinds[::-1].index("FROM")
    assert of("USER") == ["troth"] and "USER" in kinds[last:]
    assert not {"RUN", "COPY"} & set(kinds[last + kinds[last:].index("USER") :])
    assert re.search(r"useradd .*--uid [1-9]", RECIPE)
    home, keys = re.search(r"TROTH_HOME=(\S+)", RECIPE), re.search(r"TROTH_KEYS=(\S+)", RECIPE)
    assert home and keys and not keys[1].startswith(home[1])
    assert json.loads(of("VOLUME")[0]) == [home[1], keys[1]]


def test_packages_come_by_their_hashes() -> None:
    installs = re.findall(r"pip install ([^&\n]*)", RECIPE)
    assert (
        len(installs) == 2
        and "--require-hashes -r requirements/run.txt" in installs[0]
        and "--no-index" in installs[1]
    )


def test_an_install_begins_from_what_is_copied_and_nothing_else(tmp_path: Path) -> None:
    house = tmp_path / "house"
    for name in copied():
        target = house / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, target)
    given = environment(TROTH_HOME=str(tmp_path / "home"), TROTH_KEYS=str(tmp_path / "keys"))
    given["PYTHONPATH"] = str(house / "src")
    done = subprocess.run(
        [sys.executable, "-m", "troth.config.cli", "init"],
        env=given,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "home" / "statement.md").read_bytes() == (ROOT / "statement.md").read_bytes()
    assert list((tmp_path / "home" / "static").rglob("*.css"))
