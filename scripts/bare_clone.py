"""Do what README promises: clone HEAD into an empty folder, `make demo`, and look at the start page over TLS.

    python scripts/bare_clone.py [--seconds 900]

The environment, the data and the ports are the clone's own. Ends with 0 when the start page came over TLS from the
certificate that the demo made, Ctrl-C ended everything, and no file that the clone tracks changed. Prints the seconds
that each step took. Run it by hand and before a release; it sets up an environment, which needs the package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from tests.site.demo import Demo, NotStarted, environment  # noqa: E402 - the path comes first


class Broken(Exception):
    """A step did not do what README promises; the message says which, and what was said."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print the seconds that the block takes."""
    began = time.monotonic()
    yield
    print(f"{name:<28} {time.monotonic() - began:6.1f} s", flush=True)


def git(*words: str | Path) -> str:
    """What git says.  Raises `Broken` when it fails."""
    done = subprocess.run(["git", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"git {words[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def start(clone: Path, demo: Demo, seconds: float) -> None:
    """`make demo` as a person types it, until it answers.  Raises `Broken` with what it said last."""
    given = {
        name: value for name, value in environment().items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    with demo.log.open("ab") as log:
        demo.process = subprocess.Popen(
            ["make", "demo", f"PORT={demo.port}", f"TROTH_HOME={demo.home}"],
            cwd=clone, env=given, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        demo.wait_until_it_answers(seconds)
    except NotStarted as said:
        raise Broken(f"`make demo` did not answer: {said}") from None


def stop(demo: Demo) -> None:
    """Ctrl-C: everything at this terminal gets the signal.  Raises `Broken` when something stays."""
    assert demo.process is not None
    os.killpg(demo.process.pid, signal.SIGINT)
    try:
        demo.process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(demo.process.pid, signal.SIGKILL)
        raise Broken("`make demo` did not end within 30 seconds of Ctrl-C") from None
    if demo.answers():
        raise Broken("the site still answers after Ctrl-C")


def walk(folder: Path, seconds: float) -> None:
    """All the steps.  Raises `Broken`."""
    clone, demo = folder / "clone", Demo(folder / "data" / "home")
    demo.home.parent.mkdir()
    with step("git clone"):
        git("clone", "--quiet", "--no-hardlinks", ROOT, clone)
    try:
        with step("make demo, until it answers"):
            start(clone, demo, seconds)
        with step("start page over TLS"):
            page = demo.browser().get("/")
        if page.status != 200 or "/privacy/" not in page.text:
            raise Broken(f"the start page is not there: {page.status}")
        with step("Ctrl-C"):
            stop(demo)
    finally:
        if demo.process is not None and demo.process.poll() is None:
            os.killpg(demo.process.pid, signal.SIGKILL)
    with step("git status"):
        changed = git("-C", clone, "status", "--porcelain")
    if changed:
        raise Broken(f"files of the clone changed:\n{changed}")


def main(arguments: list[str]) -> int:
    """Walk; 1 with what is broken, else 0."""
    parser = argparse.ArgumentParser(description="`make demo` on a bare clone of HEAD.")
    parser.add_argument("--seconds", type=float, default=900.0, help="how long the set-up may take")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="troth-clone-"))
    try:
        walk(folder, options.seconds)
        print(
            f"a bare clone of {git('-C', ROOT, 'rev-parse', '--short', 'HEAD')} serves, ends and stays clean"
        )
        return 0
    except Broken as broken:
        print(f"troth: {broken}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
