"""A real listener on loopback, and a client that speaks raw bytes to it."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def free_port() -> int:
    """A port nobody listens at just now."""
    with socket.create_server(("127.0.0.1", 0)) as trial:
        return int(trial.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process that finds the package and the test application."""
    path = ":".join((os.environ.get("PYTHONPATH", ""), str(ROOT), str(ROOT / "src"), str(HERE)))
    return {**os.environ, "PYTHONPATH": path.lstrip(":"), "TROTH_PLANTED": "planted secret", **more}


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition came true in time."""
    until = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < until:
        time.sleep(0.05)
    return met


def answers(port: int) -> bool:
    """Whether somebody listens at the port."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Server:
    """A listener under test."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    authority: Path | None = None

    def connect(self, data: bytes = b"", *, alpn: str = "http/1.1", receive_buffer: int = 0) -> socket.socket:
        """Connect, with TLS if the server has it, and send `data`."""
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.connect(("127.0.0.1", self.port))
        if self.authority is not None:
            context = ssl.create_default_context(cafile=self.authority)
            context.set_alpn_protocols([alpn])
            plain = context.wrap_socket(plain, server_hostname="localhost")
        plain.sendall(data)
        return plain

    def exchange(self, data: bytes, seconds: float = 8.0) -> bytes:
        """Send bytes and return all that comes back until the server closes or the time is over."""
        with self.connect(data) as client:
            return read_all(client, seconds)

    def get(self, path: str = "/") -> bytes:
        """The whole answer to a plain request."""
        return self.exchange(GET % path.encode())

    def stop(self) -> int:
        """End it as an operator would; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(8)


def read_all(client: socket.socket, seconds: float = 8.0) -> bytes:
    """Read until the other side closes, breaks the connection, or the time is over."""
    received = bytearray()
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            client.settimeout(left)
            if not (data := client.recv(65536)):
                break
            received += data
    except (OSError, ssl.SSLError):
        received += b"<broken>"
    return bytes(received)


def start(folder: Path, port: int, arguments: list[str], authority: Path | None) -> Server:
    """Start a listener and wait until it listens."""
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "troth.config.listen", *arguments],
            env=environment(DOOR_CLOSED=str(folder / "closed")), stdout=file, stderr=file,
        )  # fmt: skip
    if not wait_for(lambda: answers(port) or process.poll() is not None) or process.poll() is not None:
        process.kill()
        raise AssertionError(log.read_text())
    return Server(process, port, log, authority)
