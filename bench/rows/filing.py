"""Files up in pieces and down again, sealed, beside Django's FileSystemStorage behind the same door, over TLS."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from troth.accounts.models import User
from troth.accounts.people.models import Membership, Person, Role
from troth.apps.files import flows, sending
from troth.apps.files.models import Document
from troth.config.certificates import ensure
from troth.config.listen import door_command
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using
from troth.workspaces import flows as beginning
from troth.workspaces.access import Access, enter, find

from ..browser import signed_in
from ..method import Contender, by_turns
from ..peers import filing as peer
from ..report import Section, Target
from .people import contact

MEGABYTE = 10**6
NOISE = os.urandom(sending.PIECE)
SEALED, PLAIN, LOOSE = "sealed", "FileSystemStorage, each piece made durable", "FileSystemStorage as it is"
LEAST, MOST_MEMORY = 0.6, 100
START_SECONDS = 30
SERVED = "bench.peers.served:app"


def rows(rounds: int, megabytes: int, home: Path) -> list[Section]:
    """One file of so many megabytes, up and down, each way by turns."""
    size, (here, client) = megabytes * MEGABYTE, _workspace()
    with served(home) as server:
        ours, plain = Ours(here, client, server), Plain(here, client, server)
        server.line().close()
        before = server.memory("VmRSS")
        up = by_turns(
            [
                Contender(PLAIN, lambda: plain.up(size, 1), before=plain.empty),
                Contender(LOOSE, lambda: plain.up(size, 0), before=plain.empty),
                Contender(SEALED, lambda: ours.up(size), before=ours.empty),
            ],
            rounds,
        )
        down = by_turns(
            [
                Contender(PLAIN, lambda: plain.down(size), before=lambda: None),
                Contender(SEALED, lambda: ours.down(size), before=lambda: None),
            ],
            rounds,
        )
        most = server.memory("VmHWM")
        ours.empty()
        plain.empty()
    notes = [
        f"the largest process of the server held {before / MEGABYTE:.0f} MB before, {most / MEGABYTE:.0f} at most"
    ]
    return [
        Section(
            f"Upload of {megabytes:,} MB over TLS (CPU: the sender's)", "a file", list(up.values()),
            [Target("throughput, to FileSystemStorage", 1 / up[SEALED].ratio(up[PLAIN]), LEAST, at_most=False)],
            ["pieces of 8 MiB; ours is durable when answered, and the last contender makes nothing durable"],
        ),
        Section(
            f"Download of {megabytes:,} MB over TLS (CPU: the reader's)", "a file", list(down.values()),
            [
                Target("throughput, to FileSystemStorage", 1 / down[SEALED].ratio(down[PLAIN]), LEAST, at_most=False),
                Target("memory that all of it took at most, MB", (most - before) / MEGABYTE, MOST_MEMORY, form=".0f"),
            ],
            notes,
        ),
    ]  # fmt: skip


class Server:
    """The house's server in processes of its own."""

    def __init__(self, home: Path, target: str = SERVED) -> None:
        made = ensure(home / "tls")
        self.authority = made.authority
        with socket.create_server(("127.0.0.1", 0)) as trial:
            self.port = int(trial.getsockname()[1])
        command = door_command("127.0.0.1", self.port, made.server, made.key)
        self.tls = ssl.create_default_context(cafile=made.authority)
        self.process = subprocess.Popen(
            [*command, "--target", target], env={**os.environ, "TROTH_PORT": str(self.port)}
        )

    def line(self) -> http.client.HTTPConnection:
        """A line to it, once it answers.  Raises OSError."""
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                plain = socket.create_connection(("127.0.0.1", self.port))
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        line = http.client.HTTPConnection("localhost", self.port)
        line.sock = self.tls.wrap_socket(plain, server_hostname="localhost")
        return line

    def processes(self) -> list[int]:
        """Itself and those it started."""
        below = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [self.process.pid, *map(int, below.split())]

    def memory(self, which: str) -> int:
        """The bytes of the largest of its processes, by a line of /proc/PID/status."""
        found = [0]
        for pid in self.processes():
            lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
            found += [int(line.split()[1]) * 1024 for line in lines if line.startswith(which + ":")]
        return max(found)

    def cpu(self) -> float:
        """The seconds of CPU that its processes have used."""
        ticks = 0
        for pid in self.processes():
            line = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(line[11]) + int(line[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(home: Path, target: str = SERVED) -> Iterator[Server]:
    """The server, until the block ends."""
    server = Server(home, target)
    try:
        yield server
    finally:
        server.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(10)


class Sender:
    """Somebody's line to the server, and what both ways of sending have in common."""

    def __init__(self, here: Access, client: Client, server: Server) -> None:
        self.here, self.home = here, f"/workspaces/{here.workspace.owner_id}/"
        self._server, held = server, [f"{each.key}={each.value}" for each in client.cookies.values()]
        self._head = {
            "Cookie": "; ".join([*held, f"{settings.CSRF_COOKIE_NAME}={'b' * 32}"]),
            "X-CSRFToken": "b" * 32, "Origin": f"https://localhost:{server.port}",
        }  # fmt: skip

    def connect(self) -> None:
        """A new line: the server ends one that was idle between two rounds."""
        self._line = self._server.line()

    def asked(self, method: str, path: str, told: dict[str, str] | None = None) -> dict[str, str]:
        """What the server answers, in JSON."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self._line.request(method, path, urlencode(told or {}), self._head | form)
        return self._answer()

    def _answer(self) -> dict[str, str]:
        answer = self._line.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text[:300])
        found: dict[str, str] = json.loads(text)
        return found

    def pieces(self, path: str, size: int, offset: str = "") -> None:
        """Put all of a file to a path, piece by piece."""
        head = self._head | {"Content-Type": "application/octet-stream"}
        for at in range(0, size, sending.PIECE):
            length = min(sending.PIECE, size - at)
            self._line.request("PUT", path + (offset and f"?{offset}={at}"), memoryview(NOISE)[:length], head)
            assert int(self._answer()["offset"]) == at + length

    def all_of(self, path: str, size: int) -> None:
        """Read all of a file."""
        self._line.request("GET", path, headers=self._head)
        answer, came, held = self._line.getresponse(), 0, bytearray(sending.AT_ONCE)
        assert answer.status == 200
        while piece := answer.readinto(held):
            came += piece
        assert came == size


class Ours(Sender):
    """The resumable upload and the download of the files app."""

    file = ""

    def up(self, size: int) -> None:
        """Begin, send, finish."""
        self.connect()
        made = self.asked("POST", self.home + "files/uploads/", {"name": "film.bin", "size": str(size)})
        here = f"{self.home}files/uploads/{made['upload']}/"
        self.pieces(here, size, "offset")
        self.file = self.asked("POST", here + "finish/")["file"]

    def down(self, size: int) -> None:
        """The newest file."""
        self.connect()
        self.all_of(self.file + "download/", size)

    def empty(self) -> None:
        """Nothing is left of earlier rounds."""
        with enter(self.here):
            kept = list(Document.objects.all())
        for each in kept:
            flows.trash(self.here, each)
            with enter(self.here):
                thrown = Document.objects.get(pk=each.pk)
            flows.throw_away(self.here, thrown)


class Plain(Sender):
    """The peer, behind the same doors."""

    name: UUID | None = None

    def up(self, size: int, sync: int) -> None:
        """The pieces."""
        self.connect()
        self.name = uuid4()
        self.pieces(f"/bench{self.home}{self.name}/{sync}/", size)

    def down(self, size: int) -> None:
        """The newest file."""
        self.connect()
        self.all_of(f"/bench{self.home}{self.name}/", size)

    def empty(self) -> None:
        """Nothing is left of earlier rounds."""
        if self.name:
            peer.storage().delete(str(self.name))


def _workspace() -> tuple[Access, Client]:
    """A workspace, and its owner's browser."""
    subject, company = DataSubject.begin(Kind.PERSON), DataSubject.begin(Kind.CUSTOMER)
    user = User.objects.create_user(subject, f"bench-{subject.pk.hex}", None)
    with using("running-an-account", by=SYSTEM, at="registration"):
        told = {"company": "", "address": "", **contact(1)}
        Person(owner=subject, user=user, notice_hash="0" * 64, proven_at=timezone.now(), **told).save(
            force_insert=True
        )
    place = Membership(owner=subject, customer=company, role=Role.OWNER)
    place.save(force_insert=True)
    here = find(beginning.begin(place, "Kiln Ledger", accepts=True), subject.pk)
    assert here is not None
    return here, signed_in(user)
