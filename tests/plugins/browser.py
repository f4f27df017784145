"""Debian's Chromium for the `page` fixture, held to this machine; without it the browser tests fail."""

import os
import shutil
from typing import Any

import pytest

# Playwright's event loop runs in the test's own thread, where Django would otherwise refuse the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

MISSING = "chromium is missing: run `apt-get update && apt-get install chromium` as root"
# Chromium resolves names itself, out of sight of Python: every name but the house's own is unknown.
LOCAL_ONLY = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-look", action="store_true", help="ask each page for everything in both lights at both widths"
    )


@pytest.fixture(scope="session")
def every_look(pytestconfig: pytest.Config) -> bool:
    """Whether each page is looked at in all four ways in full."""
    return bool(pytestconfig.getoption("--every-look"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How Chromium is started: the system's own binary, no sandbox when root (Chromium refuses it there)."""
    # The one without windows is the same engine, and takes a quarter less of the machine.
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        pytest.fail(MISSING, pytrace=False)
    arguments = [LOCAL_ONLY, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": chromium, "args": arguments}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A new context trusts the demo's own certificate."""
    return {**browser_context_args, "ignore_https_errors": True}
