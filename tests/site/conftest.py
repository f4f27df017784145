"""One running demo for the tests of this folder, and windows of a real browser onto it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.site.databases import Databases, fresh_databases
from tests.site.demo import Demo, troth

Opens = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo that the tests share; tests that disturb it start their own."""
    with fresh_databases() as make:
        running = Demo(tmp_path_factory.mktemp("site") / "home", settings=make("site")).start()
        yield running
        running.stop()


@pytest.fixture(scope="session")
def demo(shared_demo: Demo) -> Demo:
    """The shared demo, unless a module has one of its own under this name."""
    return shared_demo


@pytest.fixture
def databases() -> Iterator[Databases]:
    """Settings for stores of their own: files of the home on SQLite, two fresh databases on PostgreSQL."""
    with fresh_databases() as make:
        yield make


@pytest.fixture(scope="session")
def unserved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that `troth init` prepared and nobody serves: to be copied, never used."""
    home = tmp_path_factory.mktemp("init") / "home"
    made = troth("init", TROTH_HOME=str(home))
    assert made.returncode == 0, made.stderr
    return home


@pytest.fixture(scope="session")
def opens(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Opens]:
    """Opens a browser profile of somebody new: `opens(java_script_enabled=False)`."""
    opened: list[BrowserContext] = []

    def open_one(**wishes: Any) -> BrowserContext:
        opened.append(browser.new_context(**{**browser_context_args, **wishes}))
        opened[-1].set_default_timeout(20_000)
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()
