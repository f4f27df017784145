"""Children are started, started again, and never left behind; a folder has one supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.door.server import environment, wait_for
from troth.config.supervise import CANNOT_START, CannotHold, Child, Patience, Supervisor, hold

SUPERVISOR = """
import sys
from pathlib import Path
from troth.config.supervise import Child, run, hold
with hold(Path(sys.argv[1])) as lock:
    sys.exit(run([Child(name, (sys.executable, "-c", code)) for name, code in
        (("one", sys.argv[2]), ("two", sys.argv[3]))], lock))
"""
# A child that starts a process of its own and writes down both.
STAYS = (
    "import os,time,subprocess,sys; from pathlib import Path;"
    "own = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)']);"
    "file = Path(r'{}'); file.open('a').write(f'{{os.getpid()}} {{own.pid}}\\n'); time.sleep(60)"
)
DEAF = "import signal; signal.signal(15, signal.SIG_IGN);"


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started = []

    def make(one: str, two: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "home"), one, two]
        started.append(subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE))
        return started[-1]

    yield make
    for process in started:
        process.terminate()
        process.wait(6)


def pids(notes: Path, lines: int) -> list[int]:
    """What the children wrote, once there are so many lines."""
    assert wait_for(lambda: notes.exists() and len(notes.read_text().splitlines()) >= lines)
    return [int(word) for word in notes.read_text().split()]


Starter = Callable[..., "subprocess.Popen[bytes]"]


@pytest.mark.parametrize("prefix", ["", DEAF])
def test_a_stop_ends_all_within_five_seconds(supervise: Starter, tmp_path: Path, prefix: str) -> None:
    code = prefix + STAYS.format(tmp_path / "notes")
    process = supervise(code, code)
    started = pids(tmp_path / "notes", 2)
    began = time.monotonic()
    process.terminate()
    assert process.wait(6) == 0
    assert time.monotonic() - began < 5
    assert wait_for(lambda: not any(map(alive, started)), 1)


def test_a_killed_supervisor_leaves_no_child(supervise: Starter, tmp_path: Path) -> None:
    code = STAYS.format(tmp_path / "notes")
    process = supervise(code, code)
    started = pids(tmp_path / "notes", 2)
    process.kill()
    assert wait_for(lambda: not any(map(alive, started[::2])), 2)
    for own in started[1::2]:
        os.kill(own, signal.SIGKILL)


def test_a_child_that_dies_is_started_again(supervise: Starter, tmp_path: Path) -> None:
    process = supervise(STAYS.format(tmp_path / "notes"), "import time; time.sleep(60)")
    first, own = pids(tmp_path / "notes", 1)
    os.kill(first, signal.SIGKILL)
    again = pids(tmp_path / "notes", 2)
    assert alive(again[2])
    assert wait_for(lambda: not alive(own))
    process.terminate()
    assert b"one ended (status -9); starting it again" in process.communicate()[1]


def test_a_child_that_keeps_dying_is_given_up() -> None:
    began = time.monotonic()
    child = Child("door", (sys.executable, "-c", "raise SystemExit(3)"))
    assert Supervisor([child], patience=Patience(first=0.01, attempts=3)).run() == 1
    assert time.monotonic() - began < 5


def test_the_waits_grow_and_are_bounded() -> None:
    assert [Patience().delay(n) for n in (1, 2, 3, 6, 20)] == [0.5, 1.0, 2.0, 15.0, 15.0]


def test_a_child_that_cannot_start_is_not_tried_again(capfd: pytest.CaptureFixture[str]) -> None:
    child = Child("door", (sys.executable, "-c", f"print('tried'); raise SystemExit({CANNOT_START})"))
    assert Supervisor([child]).run() == 1
    assert capfd.readouterr().out == "tried\n"


def test_two_on_one_folder_are_refused_with_the_holder_named(supervise: Starter, tmp_path: Path) -> None:
    process = supervise(STAYS.format(tmp_path / "notes"), "import time; time.sleep(60)")
    pids(tmp_path / "notes", 1)
    with pytest.raises(CannotHold, match=f"in use by process {process.pid}; stop"), hold(tmp_path / "home"):
        pass


def test_a_folder_is_free_again_once_the_last_child_of_a_killed_holder_is_gone(
    supervise: Starter, tmp_path: Path
) -> None:
    process = supervise("import time; time.sleep(60)", STAYS.format(tmp_path / "notes"))
    _, own = pids(tmp_path / "notes", 1)
    process.kill()
    process.wait()
    os.kill(own, signal.SIGKILL)
    with hold(tmp_path / "home"):
        assert (tmp_path / "home" / "lock").read_text() == str(os.getpid())


def test_a_folder_stays_held_while_a_child_outlives_its_holder(supervise: Starter, tmp_path: Path) -> None:
    process = supervise(DEAF + STAYS.format(tmp_path / "notes"), "pass")
    left_over = pids(tmp_path / "notes", 1)
    process.kill()
    process.wait()
    with pytest.raises(CannotHold), hold(tmp_path / "home", patience=0.3):
        pass
    for pid in left_over:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become a user without rights")
def test_a_folder_that_cannot_be_written_is_named_and_stays_as_it_was(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from troth.config.supervise import hold\n"
        "os.setuid(65534)\n"
        "with hold(Path(sys.argv[1])): pass"
    )
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    for parent in (tmp_path, *tmp_path.parents):
        parent.chmod(parent.stat().st_mode | 0o011)
    command = [sys.executable, "-c", code, str(home)]
    said = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert f"cannot write in `{home}`" in said.stderr
    assert list(home.iterdir()) == []


def test_a_hang_up_reaches_whoever_reads_anew_and_ends_nobody(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    code = (
        "import signal,sys,time; from pathlib import Path; file = Path(sys.argv[1]);"
        "signal.signal(signal.SIGHUP, lambda *_: file.open('a').write(sys.argv[2]));"
        "file.open('a').write('.'); time.sleep(60)"
    )
    parent = (
        "import sys; from troth.config.supervise import Child, Supervisor\n"
        "made = [Child(n, (sys.executable, '-c', sys.argv[1], sys.argv[2], n), n == 'a') for n in 'ab']\n"
        "sys.exit(Supervisor(made).run())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent, code, str(notes)], env=environment(), stdin=subprocess.DEVNULL
    )
    try:
        assert wait_for(lambda: notes.exists() and notes.read_text() == "..")
        process.send_signal(signal.SIGHUP)
        assert wait_for(lambda: notes.read_text() == "..a")
    finally:
        process.terminate()
    assert process.wait(6) == 0
