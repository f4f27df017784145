"""A certificate that is replaced on disk is served without a restart: a new process takes over from the old one.

Connections are taken by the new process, with the new certificate, while the old one finishes what it has.
"""

from __future__ import annotations

import os
import signal
import ssl
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

from granian.server.mp import MPServer

LOOK_SECONDS = 10.0


class CannotListen(Exception):
    """A listener cannot start; the message says what and how to mend it."""


def check_certificate(certificate: Path, key: Path) -> None:
    """Raise `CannotListen` unless both files can be read and belong together."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise CannotListen(
            f"`{certificate}` and `{key}` are not a certificate and its key in PEM form; "
            "give both files of one pair"
        ) from error
    except OSError as error:
        raise CannotListen(
            f"cannot read `{certificate}` or `{key}` ({error.strerror}); make them readable to this user"
        ) from error


def _state(*files: Path) -> list[tuple[int, int, int]]:
    """What changes when a file is written or replaced, also through a symbolic link; zeros for one that is not there."""
    found = []
    for file in files:
        try:
            status = file.stat()
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            found.append((0, 0, 0))
    return found


class Renewing(MPServer):
    """Granian's server, which at a SIGHUP starts a process anew only with a certificate that can be served."""

    _pair: tuple[Path, Path] | None = None

    def watch(self, certificate: Path, key: Path, every: float) -> None:
        """Look at both files each `every` seconds, and take a new pair when it is whole."""
        self._pair = certificate, key
        Thread(target=self._watch, args=(every,), daemon=True).start()

    def _watch(self, every: float) -> None:
        seen = _state(*self._pair or ())
        while True:
            time.sleep(every)
            if (now := _state(*self._pair or ())) != seen:
                seen = now
                os.kill(os.getpid(), signal.SIGHUP)

    def signal_handler_reload(self, *args: Any, **kwargs: Any) -> None:
        """SIGHUP.  With files that do not fit together yet the certificate before stays: the second is on its way."""
        try:
            if self._pair:
                check_certificate(*self._pair)
        except CannotListen as error:
            print(f"troth: {error}; the certificate before is served on", file=sys.stderr, flush=True)
            return
        if self._pair:
            # What a link leads to is another file now; the server keeps what it led to at the start.
            told: tuple[Any, ...] = self.ssl_ctx
            self.ssl_ctx = (True, *(str(file.resolve()) for file in self._pair), *told[3:])
        super().signal_handler_reload(*args, **kwargs)  # type: ignore[no-untyped-call]
