"""Clocks that move only when told, a fresh key folder, and the vectors of the spec pages."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from troth.engine.seal import KeyFile

VECTORS = Path(__file__).parents[3] / "spec" / "vectors"


class Clock:
    """A wall clock and a monotonic clock."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 7, 21, 8, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        """The wall clock."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self.seconds

    def pass_days(self, days: float) -> None:
        """Move both."""
        self.moment += timedelta(days=days)
        self.seconds += days * 86_400


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(tmp_path: Path, clock: Clock) -> KeyFile:
    """A fresh key folder, opened with the test's clock."""
    KeyFile.initialise(tmp_path / "keys", now=clock.now)
    return KeyFile(tmp_path / "keys", monotonic=clock.monotonic, now=clock.now)


@pytest.fixture(scope="session")
def value_vectors() -> Any:
    return json.loads((VECTORS / "seal-value.json").read_text())


@pytest.fixture(scope="session")
def key_vectors() -> Any:
    return json.loads((VECTORS / "seal-keys.json").read_text())
