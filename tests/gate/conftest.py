"""What the gate's tests share: a carrier that really speaks SMTP, a clock to turn, a key folder to spoil, a browser."""

import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.db import connection
from django.test import Client
from django.utils import timezone

from troth.gate.journal import log
from troth.gate.journal.models import Entry
from troth.gate.keystore import keys
from troth.gate.keystore.beginning import begin
from troth.gate.published import statement


class Carrier:
    """A mail carrier: what it took, whom it refuses or puts off, and how many disclosures were durable each time."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.recorded: list[int] = []
        self.refused: set[str] = set()
        self.busy: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return f"550 no mailbox {address} here"
        if address in self.busy:
            return f"451 {address} takes nothing now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        # Asked over a connection of this thread's own: what it sees is committed.
        self.recorded.append(Entry.objects.filter(kind=4).count())
        connection.close()
        self.taken.append((list(envelope.rcpt_tos), envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def carrier(settings: Any) -> Iterator[Carrier]:
    """The carrier, listening on loopback, with the outbox turned on it."""
    taking = Carrier()
    controller = Controller(taking, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.TROTH_MAIL_HELD = False
    yield taking
    controller.stop()


Clock = Callable[[timedelta | datetime], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Put the house's clock to a moment, or forward (back) by so much from what the wall says."""
    wall = timezone.now

    def put(to: timedelta | datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: wall() + to if isinstance(to, timedelta) else to)

    return put


@pytest.fixture
def own_keys(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A key folder and a tombstone journal of this test's own."""
    usual = settings.TROTH_KEYS, settings.TROTH_TOMBSTONES
    begin(tmp_path / "keys", tmp_path / "tombstones")
    settings.TROTH_KEYS, settings.TROTH_TOMBSTONES = tmp_path / "keys", tmp_path / "tombstones"
    keys.forget_cached()
    log.signer.cache_clear()
    yield tmp_path / "keys"
    settings.TROTH_KEYS, settings.TROTH_TOMBSTONES = usual
    keys.forget_cached()
    log.signer.cache_clear()


Edit = Callable[[str, str], None]


@pytest.fixture
def edit_statement(tmp_path: Path, settings: Any) -> Iterator[Edit]:
    """Edit one place of a copy of the statement, as counsel would, and put the copy in force."""
    usual = settings.TROTH_STATEMENT

    def edit(old: str, new: str) -> None:
        text = Path(settings.TROTH_STATEMENT).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"`{old}` stands {text.count(old)} times in the statement"
        settings.TROTH_STATEMENT = tmp_path / "statement.md"
        settings.TROTH_STATEMENT.write_text(text.replace(old, new), encoding="utf-8")
        statement.forget_cached()

    yield edit
    settings.TROTH_STATEMENT = usual
    statement.forget_cached()


class Secure(Client):
    """A browser whose every request is over TLS."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["secure"] = True
        return super().generic(*args, **kwargs)


@pytest.fixture
def victor() -> Client:
    """A visitor's browser; it shows server errors as a browser would."""
    return Secure(SERVER_NAME="localhost", raise_request_exception=False)
