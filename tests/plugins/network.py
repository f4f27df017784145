"""No test reaches the network: only loopback addresses and Unix sockets are open, for the whole run.

The audit hook in `closed/loopback.py` sees every socket that Python code opens, whatever library opens
it, and nothing can take it away again. Processes that a test starts get it through
`closed/sitecustomize.py`.
Code that takes the refusal for an ordinary network failure does not hide it: the test then fails.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOSED = str(Path(__file__).parent / "closed")
INHERITED = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if CLOSED not in INHERITED:  # a worker of pytest-xdist has it from its parent
    sys.path.insert(0, CLOSED)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [CLOSED, *INHERITED]))

import loopback  # noqa: E402

loopback.install()


@pytest.fixture(autouse=True)
def _stays_on_this_machine() -> Iterator[None]:
    """Fail the test in which something was refused, even when the refusal was caught."""
    loopback.attempts.clear()
    yield
    assert not loopback.attempts, f"this test tried to use the network: {', '.join(loopback.attempts)}"


@pytest.fixture
def expected_attempts() -> Iterator[list[str]]:
    """For a test that means to be refused: what was refused, forgiven at the end."""
    yield loopback.attempts
    loopback.attempts.clear()
