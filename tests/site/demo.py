"""The real `troth demo` in a process of its own, and a browser without a screen that talks to it.

Standard library only, so that `scripts/kill.py` uses it as well.
"""

from __future__ import annotations

import html
import http.client
import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.site import warm

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240.0  # a new store alone takes 20 s of a whole core
STOP_SECONDS = 15.0
PLAIN_BELOW = 363  # how far below its TLS port `troth demo` redirects from, unless told otherwise


class NotStarted(AssertionError):
    """The demo ended before it answered; the message is what it said."""


def is_free(port: int) -> bool:
    """Whether nobody listens at the port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free, as are the one the demo will redirect from and the one of its payment processor.

    Not one of those that the kernel gives to whoever calls out: while a server that was killed starts again, a client's
    line may have taken such a port, and it cannot be listened at until that line is closed.
    """
    while True:
        port = 10_000 + secrets.randbelow(22_000)
        if all(map(is_free, (port, port - PLAIN_BELOW, port + 1))):
            return port


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: ours, without the settings of the tests around it."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TROTH_", "DJANGO_", "PG"))
    }
    path = (*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT / "src"))
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, path)), **more}


def troth(*arguments: str | Path, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """Run a `troth` command to its end."""
    return warm.run(["-m", "troth.config.cli", *map(str, arguments)], environment(**more), typed)


@dataclass
class Demo:
    """A demo on free ports of this machine."""

    home: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = (sys.executable, "-m", "troth.config.cli")
    process: subprocess.Popen[bytes] | None = None
    host: str = "localhost"

    @property
    def url(self) -> str:
        """The company host's address."""
        return f"https://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """What the processes wrote to their terminal; outside the home folder."""
        return self.home.with_name(self.home.name + ".log")

    def start(self) -> Demo:
        """Start it and wait until it answers. Raises `NotStarted` with what it said when it ends instead."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "demo", "--home", str(self.home), "--port", str(self.port)],
                env=environment(**self.settings), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self, seconds: float = START_SECONDS) -> None:
        """Return when the TLS port answers a request. Raises `NotStarted`."""
        until = time.monotonic() + seconds
        while not self.answers():
            if self.process is None or self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise NotStarted(self.log.read_text(errors="replace")[-4000:])
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether a request gets an answer now."""
        if is_free(self.port) or not (self.home / "tls" / "authority.pem").exists():
            return False
        try:
            return self.browser(2.0).get("/.well-known/troth/log/vkey").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self) -> None:
        """End it as Ctrl-C does; kill it when that takes too long."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def surroundings(self) -> dict[str, str]:
        """The settings with which another command meets this demo."""
        ports = {"TROTH_PORT": str(self.port), "TROTH_PLAIN_PORT": str(self.port - PLAIN_BELOW)}
        return {"TROTH_HOME": str(self.home), "TROTH_DEMO": "1", **ports, **self.settings}

    def run(self, *arguments: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `troth` command on this demo's data."""
        return troth(*arguments, typed=typed, **self.surroundings())

    def children(self) -> dict[str, list[int]]:
        """Process ids by the name of the child they belong to: server, redirect, worker; the eldest first."""
        assert self.process is not None
        found: dict[str, list[int]] = {}
        for child in sorted(descendants(self.process.pid)):
            words = command_line(child)
            kind = "redirect" if "redirect" in words else "worker" if "worker" in words[-1:] else "server"
            found.setdefault(kind, []).append(child)
        return found

    def browser(self, seconds: float = 60.0, host: str = "") -> Browser:
        """A new browser, with no cookies yet."""
        return Browser(self.port, self.home / "tls" / "authority.pem", host or self.host, seconds)


def command_line(pid: int) -> list[str]:
    """The words of a process's command; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """The processes below a process, children before grandchildren."""
    try:
        below = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return below + [deeper for each in below for deeper in descendants(each)]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class Browser:
    """Keeps cookies, fills in the hidden fields of forms, follows nothing by itself."""

    def __init__(self, port: int, authority: Path, host: str = "localhost", seconds: float = 60.0) -> None:
        self.host, self.port, self.seconds = host, port, seconds
        self.cookies: dict[str, str] = {}
        self._tls = ssl.create_default_context(cafile=authority)
        self._line: http.client.HTTPConnection | None = None

    def get(self, path: str) -> Answer:
        """Fetch a page. Raises `OSError` or `http.client.HTTPException` when there is no answer."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form as it is given."""
        return self._ask("POST", path, urlencode(fields))

    def fill_in(self, page: str, fields: dict[str, str], to: str = "") -> Answer:
        """Open the page of a form and send it with its hidden fields."""
        return self.post(to or page, {**hidden(self.get(page).text, to or page), **fields})

    def change(self, method: str, path: str, told: dict[str, str] | None = None) -> Answer:
        """Send JSON to the API, with the form token and the origin that it wants."""
        return self.send(method, path, b"" if told is None else json.dumps(told).encode(), "application/json")

    def send(self, method: str, path: str, body: bytes, kind: str = "application/octet-stream") -> Answer:
        """Send bytes as a script does: with the form token and the origin."""
        own = {"X-CSRFToken": self.cookies["__Host-csrf"], "Origin": f"https://{self.host}:{self.port}"}
        return self._ask(method, path, body, {"Content-Type": kind, **own})

    def become(self, role: str) -> Browser:
        """Take a role of the sample company."""
        answer = self.fill_in("/", {"role": role}, to="/sample/sign-in/")
        assert answer.status == 302, answer.text
        return self

    def _ask(
        self, method: str, path: str, body: str | bytes | None, more: dict[str, str] | None = None
    ) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"https://{self.host}:{self.port}/",
            }
        headers |= more or {}
        try:
            line = self.connected()
            line.request(method, path, body, headers)
            response = line.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._keep_cookies(answer)
        return answer

    def close(self) -> None:
        """Hang up; the cookies stay."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def connected(self) -> http.client.HTTPConnection:
        """The open line to the server, made if there is none."""
        if self._line is None or self._line.sock is None:
            plain = socket.create_connection(("127.0.0.1", self.port), self.seconds)
            self._line = http.client.HTTPConnection(self.host, self.port, timeout=self.seconds)
            self._line.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        return self._line

    def _keep_cookies(self, answer: Answer) -> None:
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}


def hidden(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the page's form that is sent to `action`."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        target = re.search(r'action="([^"]*)"', form)
        if target is None or urlsplit(html.unescape(target[1])).path == action:
            fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
            return {name: html.unescape(value) for name, value in fields}
    raise AssertionError(f"no form is sent to `{action}`")
