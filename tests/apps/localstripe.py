"""`localstripe` in a process and an environment of its own, for the tests that want servers which are not ours."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.apps.card_page import KEY, SIGNING, Cards
from tests.house.tree import ROOT

PYTHON = ROOT / ".venv-localstripe" / "bin" / "python"
NEEDED = pytest.mark.skipif(
    not PYTHON.exists(), reason="no environment of localstripe: run `scripts/setup.sh localstripe`"
)


@contextlib.contextmanager
def serving(port: int = 0, **environment: str) -> Iterator[str]:
    """Run it, at a free port unless one is named; its address."""
    with socket.create_server(("127.0.0.1", port)) as trial:
        port = trial.getsockname()[1]
    command = [str(PYTHON), "-P", str(ROOT / "scripts" / "localstripe.py"), str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, "localstripe ended"
        try:
            urllib.request.urlopen(url + "/js.stripe.com/v3/", timeout=2).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("localstripe does not answer")


def calls(api: str, hook: str) -> None:
    """Have it tell that address what happens, signed."""
    status, _ = Cards(api).ask("/_config/webhooks/house", {"url": hook, "secret": SIGNING})
    assert status == 200


def settings(api: str, page: str) -> dict[str, str]:
    """What the house is told of it."""
    return {
        "class": "troth.gate.outbound.stripe.Stripe", "name": "Stripe", "label": "Card", "country": "US",
        "recipient": "payment-processor", "api": api, "origin": "https://pay.localhost", "pages": "intents",
        "page": page, "key": KEY, "webhook": SIGNING,
    }  # fmt: skip
