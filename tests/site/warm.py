"""Python processes that begin warm: a keeper has loaded the libraries, and each process is a fork of it.

A command of its own costs over a second, most of it the import of libraries; the suite starts hundreds. What reads the
settings is loaded in the fork, so each process meets the folder and the settings it was given. Standard library only.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240.0
"""Seconds until a command counts as hung: a new store alone takes twenty of a whole core, and tests share two."""
LIBRARIES = (
    "asgiref.sync", "cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "django.contrib.auth.hashers",
    "django.core.management", "django.core.serializers.json", "django.db.migrations.executor", "django.db.models",
    "django.forms", "django.template.loader", "django.test.signals", "django.urls", "fido2.server", "lark",
    "markdown_it", "phonenumbers", "pydantic.main", "pysqlite3", "sqlparse", "troth.engine.policy",
    "troth.engine.seal", "troth.engine.statement", "zxcvbn",
)  # fmt: skip


class Keeper:
    """The process that the others are forks of."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._line = ours
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.site.warm", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        atexit.register(self.close)

    def close(self) -> None:
        """End the keeper."""
        self._line.close()
        self._process.wait()

    def run(
        self, words: Sequence[str], env: Mapping[str, str], typed: str = "", seconds: float = PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Run `-m MODULE ...` or `-c CODE ...` to its end, as `subprocess.run` would with text captured.

        Raises `subprocess.TimeoutExpired`.
        """
        with (
            tempfile.TemporaryFile() as told,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            told.write(typed.encode())
            told.seek(0)
            ours, theirs = socket.socketpair()
            with ours, theirs:
                handed = [theirs.fileno(), told.fileno(), out.fileno(), err.fileno()]
                socket.send_fds(self._line, [b"+"], handed)
                theirs.close()
                ours.sendall(json.dumps([list(words), dict(env), str(Path.cwd())]).encode() + b"\n")
                ours.settimeout(seconds)
                with ours.makefile() as answers:
                    pid = int(answers.readline())
                    try:
                        code = int(answers.readline())
                    except TimeoutError:
                        os.kill(pid, signal.SIGKILL)
                        raise subprocess.TimeoutExpired(list(words), seconds) from None
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(list(words), code, out.read().decode(), err.read().decode())


_keepers: dict[int, Keeper] = {}


def run(
    words: Sequence[str], env: Mapping[str, str], typed: str = "", seconds: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run it by this process's own keeper, which is started when first needed."""
    if os.getpid() not in _keepers:
        _keepers[os.getpid()] = Keeper()
    return _keepers[os.getpid()].run(words, env, typed, seconds)


def keep(line: socket.socket) -> None:
    """Fork for each that is asked for, until the line is closed."""
    for name in LIBRARIES:
        import_module(name)
    # A fork shares what it does not touch: no collection looks through what was loaded here.
    gc.freeze()
    while True:
        word, handed, _, _ = socket.recv_fds(line, 1, 4)
        if not word:
            return
        if os.fork() == 0:  # a fork that forks: nobody here has to wait for anything but the next order
            line.close()
            attend(*handed)
        for each in handed:
            os.close(each)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def attend(order: int, *terminal: int) -> None:
    """Start one process, tell its number and then how it ended."""
    answers = socket.socket(fileno=order)
    with answers.makefile("r") as lines:
        words, env, folder = json.loads(lines.readline())
    pid = os.fork()
    if pid == 0:
        answers.close()
        for number, each in enumerate(terminal):
            os.dup2(each, number)
            os.close(each)
        become(words, env, folder)
    answers.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    answers.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(words: Sequence[str], env: Mapping[str, str], folder: str) -> None:
    """Be the process that was asked for; how it ends is how this one does."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    random.seed()
    kind, what, *rest = words
    sys.path[:0] = [folder, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["-c" if kind == "-c" else what, *rest]
    code: object = None
    try:
        if kind == "-c":
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is what was asked for
        else:
            runpy.run_module(what, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    end_at_once(code)


def end_at_once(code: object) -> None:
    """What `sys.exit` does, without taking every loaded library apart: that would copy all that the forks share."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    # A store that is closed takes its last pages into its file, which no store does whose process is only gone.
    if "django.db" in sys.modules and sys.modules["django.conf"].settings.configured:
        sys.modules["django.db"].connections.close_all()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    keep(socket.socket(fileno=int(sys.argv[1])))
