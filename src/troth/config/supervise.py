"""One folder, one set of processes: start them, start again what dies, end all together."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

CANNOT_START = 78  # EX_CONFIG of sysexits.h: the child has said why, and starting it again would not help
STOP_SECONDS = 4.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class CannotHold(Exception):
    """The folder is in use or cannot be written; the message says by whom and what to do."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running: a name for messages, its command line, and whether a SIGHUP is for it."""

    name: str
    command: Sequence[str]
    takes_hup: bool = False


@dataclass(slots=True)
class Patience:
    """How long to wait before a child is started again, and when to stop trying; times in seconds."""

    first: float = 0.5
    longest: float = 15.0
    settled: float = 60.0  # a child that lived this long starts again with a clean sheet
    attempts: int = 6

    def delay(self, failures: int) -> float:
        """Seconds to wait after the given number of failures in a row."""
        return float(min(self.longest, self.first * 2 ** (failures - 1)))


def end_with_parent() -> None:
    """Ask the kernel to end this process (SIGTERM) when the process that started it dies, however it dies."""
    if _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


@contextmanager
def hold(home: Path, patience: float = STOP_SECONDS + 2) -> Iterator[int]:
    """Hold `home` for this process and its children; gives the descriptor of the lock.

    INVARIANT: children inherit the descriptor, so that the folder stays held until the last of them is gone,
    even if the holder itself was killed. For such left-overs the next holder waits up to `patience` seconds.
    Raises `CannotHold`.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotHold(
            f"cannot write in `{home}` ({error.strerror}); make it yours to write or give another folder "
            "with `TROTH_HOME`"
        ) from error
    try:
        _take(lock, home, time.monotonic() + patience)
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, home: Path, until: float) -> None:
    while True:
        # Held by another: the answer is below.
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        holder = os.pread(lock, 20, 0).decode(errors="replace")
        if (holder.isdecimal() and Path(f"/proc/{holder}").exists()) or time.monotonic() > until:
            raise CannotHold(
                f"`{home}` is in use by process {holder or 'unknown'}; stop that one or give another folder "
                "with `TROTH_HOME`"
            )
        time.sleep(0.1)


@dataclass(slots=True)
class _Running:
    child: Child
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Keeps children running until one cannot be kept or a signal says stop."""

    children: Sequence[Child]
    lock: int | None = None
    patience: Patience = field(default_factory=Patience)
    _wanted: bool = True

    def run(self) -> int:
        """Run until SIGTERM or SIGINT (returns 0) or until a child cannot be kept running (returns 1)."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        running = [_Running(child) for child in self.children]
        if not sys.stdin.isatty():  # a terminal that is closed says the same, and means the end
            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, lambda *_: _hand_on(running))
        try:
            while self._wanted:
                if not all(self._look_after(each) for each in running):
                    return 1
                time.sleep(0.05)
            return 0
        finally:
            _end([each.process for each in running if each.process is not None])
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, *_: object) -> None:
        self._wanted = False

    def _look_after(self, each: _Running) -> bool:
        """Start a child that should run and does not; False when it is given up."""
        now = time.monotonic()
        if each.process is None:
            if now >= each.again_at:
                each.process, each.started = self._start(each.child), now
            return True
        status = each.process.poll()
        if status is None:
            return True
        # What it started itself may have outlived it.
        _kill_group(each.process.pid)
        each.process = None
        each.failures = 1 if now - each.started > self.patience.settled else each.failures + 1
        each.again_at = now + self.patience.delay(each.failures)
        if status == CANNOT_START:
            return False
        if each.failures >= self.patience.attempts:
            _say(
                f"{each.child.name} ended {each.failures} times in a row (status {status}): "
                "its messages are above"
            )
            return False
        _say(f"{each.child.name} ended (status {status}); starting it again")
        return True

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def prepare() -> None:
            end_with_parent()
            # The parent may have died before the kernel was asked.
            if os.getppid() != parent:
                os._exit(0)

        return subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            # Ctrl-C on a terminal reaches a whole group: this way it reaches the supervisor alone.
            start_new_session=True,
            preexec_fn=prepare,
            pass_fds=() if self.lock is None else (self.lock,),
        )


def _hand_on(running: Sequence[_Running]) -> None:
    """A SIGHUP is for whoever reads something anew at one."""
    for each in running:
        if each.child.takes_hup and each.process is not None and each.process.poll() is None:
            each.process.send_signal(signal.SIGHUP)


def _kill_group(group: int) -> None:
    # Nobody left in the group is the usual case.
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, wait `STOP_SECONDS` in all, kill what is left with all it started."""
    for process in processes:
        process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, until - time.monotonic()))
    for process in processes:
        _kill_group(process.pid)
        process.wait()


def _say(words: str) -> None:
    print(f"troth: {words}", file=sys.stderr, flush=True)


def run(children: list[Child], lock: int | None = None) -> int:
    """Keep `children` running; the exit status for the command: 0 after a signal, 1 when one was given up.

    `lock` is the descriptor that `hold` gave. Call it from the main thread.
    """
    return Supervisor(children, lock).run()
