"""Who may import whom: the contracts hold, and each of them can break."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SOURCE

FLOORS = [
    "config", "apps/enquiries", "apps/pages", "workspaces", "posting", "visits", "accounts", "gate/outbound", "gate/uses",
    "engine/statement", "engine/policy", "engine/seal", "engine/ledger", "engine/roomy", "client", "verify",
    "sandbox",
]  # fmt: skip
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# For each contract: the module in which somebody sins, and the line.
SINS = {
    "floors": ("gate/uses/scope.py", "import troth.accounts"),
    "engine-floors": ("engine/policy/table.py", "import troth.engine.statement"),
    "engine-strangers": ("engine/ledger/leaf.py", "import troth.engine.seal"),
    "apps-strangers": ("apps/enquiries/flows.py", "from troth.apps import pages"),
    "no-cycles": ("gate/outbound/mail.py", "import troth.gate.uses.turn"),
    "no-django": ("engine/seal/value.py", "from django.conf import settings"),
    "client-alone": ("client/wire.py", "import django"),
    "client-outside": ("gate/uses/reach.py", "import troth.client"),
    "checker-alone": ("verify/receipt.py", "import cryptography"),
    "checker-outside": ("gate/uses/look.py", "import troth.verify"),
    "another-company": ("apps/pages/pay.py", "import troth.sandbox"),
    "one-seal": ("apps/pages/views.py", "import troth.engine.seal"),
    "one-way-out": ("apps/pages/probe.py", "import socket"),
}


def lint(tree: Path) -> str:
    """What import-linter says about `tree`; it must have been able to read it."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return done.stdout


def broken(said: str) -> set[str]:
    return {
        contract["id"] for contract in CONTRACTS if re.search(f"{re.escape(contract['name'])} BROKEN", said)
    }


def plant(tree: Path, module: str, line: str = "") -> None:
    path = tree / "src" / "troth" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{line}\n" if line else "")


def add_floors(tree: Path) -> Path:
    """Give `tree` the contracts, and an empty package for each floor that it does not have."""
    shutil.copy(ROOT / "pyproject.toml", tree)
    for floor in FLOORS:
        folder = tree / "src" / "troth" / floor
        folder.mkdir(parents=True, exist_ok=True)
        for package in [folder, *folder.parents]:
            if package == tree / "src":
                break
            (package / "__init__.py").touch()
    return tree


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    tree = add_floors(tmp_path)
    plant(tree, "gate/uses/turn.py", "import troth.gate.outbound.mail")
    plant(tree, "gate/outbound/mail.py", "import smtplib")
    return tree


def test_every_contract_has_a_planted_sin() -> None:
    assert {contract["id"] for contract in CONTRACTS} == set(SINS)


def test_a_stub_house_keeps_every_contract(stub: Path) -> None:
    assert not broken(lint(stub))


@pytest.mark.parametrize("contract", SINS)
def test_a_planted_import_breaks_its_contract(stub: Path, contract: str) -> None:
    module, line = SINS[contract]
    plant(stub, module, line)
    said = lint(stub)
    assert contract in broken(said)
    assert Path(module).parent.name in said.partition("Broken contracts")[2]


@pytest.mark.parametrize(
    ("floor", "other"), [("posting", "workspaces"), ("workspaces", "posting"), ("visits", "posting")]
)
def test_posts_visits_and_workspaces_know_nothing_of_each_other(stub: Path, floor: str, other: str) -> None:
    plant(stub, f"{floor}/reach.py", f"import troth.{other}")
    assert "floors" in broken(lint(stub))


def test_an_unknown_folder_under_the_root_breaks_the_floors(stub: Path) -> None:
    plant(stub, "services/__init__.py")
    assert "floors" in broken(lint(stub))


def test_the_house_keeps_every_contract(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "src" / "troth", ignore=shutil.ignore_patterns("__pycache__"))
    said = lint(add_floors(tmp_path))
    assert not broken(said), said


@pytest.mark.parametrize(
    "line",
    [
        "from django.core.mail import send_mail",
        "from django.core import mail",
        "import smtplib",
        "from urllib.request import urlopen",
        "import http.client",
        "import socket",
    ],
)
@pytest.mark.parametrize(
    ("module", "refused"), [("apps/pages/flows.py", True), ("gate/outbound/send.py", False)]
)
def test_ruff_refuses_the_ways_out_everywhere_but_in_outbound(
    tmp_path: Path, line: str, module: str, refused: bool
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    plant(tmp_path, module, line)
    ruff = [str(Path(sys.executable).parent / "ruff"), "check", "--no-cache", "--select", "TID251", "."]
    done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ("TID251" in done.stdout) is refused, done.stdout + done.stderr
