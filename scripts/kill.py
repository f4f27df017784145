"""Kill the demo's processes at random moments under load, and count what was promised against what is there.

    python scripts/kill.py [--moments 200] [--seed N] [--clients 4]

Clients send enquiries over TLS as browsers do (cookie, form token, hidden fields) and press the button again
when no answer comes. Server and worker are killed with SIGKILL, together or alone, now and then with their
supervisor, which otherwise starts them again. Mail goes to a real SMTP server of this script. Ends with 0 when

- each acknowledged enquiry is there exactly once, with exactly one confirmation, delivered at least once;
- no message was handed over, or counts as handed over, without an entry of its own for each time;
- the log was clean after every single moment.

One line of figures is printed. The demo lies in a folder of its own, which is removed at the end.
"""

# The path comes first: the house is imported from here.
# ruff: noqa: E402
from __future__ import annotations

import argparse
import http.client
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.storming import (
    Damage,
    drain,
    let_time_pass,
    load,
    moments,
    need,
    serve_impatiently,
    verified,
    weather,
)
from tests.site.demo import Browser, Demo, free_port, hidden

__all__ = ["Damage", "check_confirmations"]

PRESS_AGAIN = 0.1  # seconds until a client that got no answer tries again
LETTERS = str.maketrans("0123456789", "ghijklmnop")


class Sink:
    """An SMTP server that takes everything and counts it by Message-ID."""

    def __init__(self) -> None:
        from aiosmtpd.controller import Controller

        self.taken: Counter[str] = Counter()
        self.port = free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Count one message."""
        head = envelope.content.split(b"\r\n\r\n")[0].decode("ascii", "replace")
        self.taken[next(line[12:] for line in head.split("\r\n") if line.startswith("Message-ID: "))] += 1
        return "250 taken"

    def stop(self) -> None:
        """End the server."""
        self._controller.stop()


@dataclass
class Client:
    """A visitor who sends one enquiry after another, each with a mark of its own."""

    demo: Demo
    name: str
    acknowledged: list[str] = field(default_factory=list)
    presses: int = 0
    refused: Counter[int] = field(default_factory=Counter)

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop; an enquiry under way is still brought to its end."""
        while not stop.is_set():
            # Letters alone: now and then the digits of a random number look like a payment card's, which is refused.
            self._send("mark-" + uuid.uuid4().hex.translate(LETTERS), stop)

    def _send(self, mark: str, stop: threading.Event) -> None:
        browser, fields = self.demo.browser(10.0), dict[str, str]()
        values = {
            "name": f"Visitor {self.name}", "company": "", "address": "", "phone": "", "topic": "Services",
            "email": f"{self.name}.{mark[5:13]}@visitors.example", "message": f"Please read this: {mark}",
        }  # fmt: skip
        while not stop.is_set():
            try:
                fields = fields or hidden(browser.get("/contact/").text, "/contact/")
                if self._press(browser, {**fields, **values}):
                    self.acknowledged.append(mark)
                    return
            except (OSError, http.client.HTTPException, AssertionError):
                browser.close()
            time.sleep(PRESS_AGAIN)

    def _press(self, browser: Browser, fields: dict[str, str]) -> bool:
        self.presses += 1
        answer = browser.post("/contact/", fields)
        if answer.status == 302 and answer.header("location") == "/contact/sent/":
            return True
        self.refused[answer.status] += 1
        return False


def marks_of(rows: list[Any]) -> list[tuple[str, str]]:
    """Mark and owner of each enquiry of the clients, opened on the ground that the statement gives to proofs."""
    from troth.gate.uses import SYSTEM, using

    with using("proving-the-statement", by=SYSTEM):
        texts = [(str(row.message), row.owner_id.hex) for row in rows]
    return [(text.rpartition(" ")[2], owner) for text, owner in texts if "mark-" in text]


def stored() -> list[tuple[str, str]]:
    """Mark and owner of every enquiry of the clients that is stored."""
    from troth.apps.enquiries.models import Enquiry

    rows = list(Enquiry.objects.order_by("id"))
    return [each for start in range(0, len(rows), 200) for each in marks_of(rows[start : start + 200])]


def count_up(
    clients: list[Client], sink: Sink, known: AbstractSet[str] = frozenset()
) -> tuple[int, int, int]:
    """Compare promise and fact; (acknowledged, there, delivered). Raises `Damage`.

    `known` are the Message-IDs that were in the outbox before; what was theirs may be erased by now.
    """
    from troth.gate.outbound.models import Message

    found = stored()
    marks, owners = Counter(mark for mark, _ in found), Counter(owner for _, owner in found)
    acknowledged = [mark for client in clients for mark in client.acknowledged]
    lost = [mark for mark in acknowledged if not marks[mark]]
    need(not lost, f"{len(lost)} acknowledged enquiries are lost")
    need(max(marks.values()) == max(owners.values()) == 1, "an enquiry is there twice")
    messages = [
        (message_id, owner.hex, state)
        for message_id, owner, state in Message.objects.values_list("message_id", "owner_id", "state")
    ]
    # Mail goes on while this counts: what had gone out by now is on record by now, and so in what is read from here on.
    taken = Counter(sink.taken)
    check_confirmations([each for each in messages if each[1] in owners], set(owners), taken)
    check_entries(messages, taken, known | {message_id for message_id, _, _ in messages})
    return len(acknowledged), len(marks), sum(taken.values())


def check_confirmations(messages: list[tuple[str, str, str]], owners: set[str], taken: Counter[str]) -> None:
    """Each enquiry has one message, its confirmation, which arrived. Raises `Damage`.

    `messages` are those of the enquiries' owners: Message-ID, owner, state.
    """
    confirmed = Counter(owner for _, owner, _ in messages)
    need(not owners - set(confirmed), f"{len(owners - set(confirmed))} enquiries have no confirmation")
    need(max(confirmed.values(), default=0) <= 1, "an enquiry has two confirmations")
    for message_id, _, state in messages:
        need(state == "sent", f"a confirmation is `{state}`, not sent")
        need(taken[message_id] > 0, "a confirmation counts as sent and never arrived")


def check_entries(messages: list[tuple[str, str, str]], taken: Counter[str], known: AbstractSet[str]) -> None:
    """Nothing went out, or counts as gone out, without an entry of its own for each time. Raises `Damage`.

    Whose erasure has begun has lost the record and is about to lose the message, as an address to which a receipt went.
    """
    from troth.gate.journal.models import Entry, Share
    from troth.gate.keystore import keys
    from troth.gate.outbound.models import Message
    from troth.gate.subjects.models import DataSubject

    disclosures = set(Entry.objects.filter(kind=4, purpose="sending-mail").values_list("id", flat=True))
    recorded: Counter[str] = Counter(
        subject for entry, subject in Share.objects.values_list("entry", "subject") if entry in disclosures
    )
    need(
        set(taken) <= known | set(Message.objects.values_list("message_id", flat=True)),
        "a message went out that is not in the outbox",
    )
    # What is on record for a subject is on record for all of its messages together.
    gone: Counter[str] = Counter()
    for message_id, owner, state in messages:
        gone[owner] += max(taken[message_id], state in ("sent", "held"))
        need(state != "sent" or taken[message_id] > 0, "a message counts as sent and never arrived")
    unrecorded = [
        f"{times} of a {DataSubject.objects.get(pk=owner).kind}, {recorded[owner]} on record"
        for owner, times in gone.items() if recorded[owner] < times and keys.is_whole(owner)
    ]  # fmt: skip
    need(not unrecorded, f"a message was sent without an entry: {'; '.join(unrecorded)}")


def storm(sink: Sink, demo: Demo, options: argparse.Namespace) -> str:
    """All moments, then the count; the line of figures. Raises `Damage`."""
    clients = [Client(demo, f"client{number}") for number in range(options.clients)]
    with load(clients):
        told = moments(demo, options)
        time.sleep(0.5)
    let_time_pass()
    drain()
    acknowledged, there, delivered = count_up(clients, sink)
    presses = sum(client.presses for client in clients)
    # Clients press all the time; how many get through between two kills is a matter of the machine's speed.
    need(
        presses >= 10 * options.moments and acknowledged >= options.moments // 10,
        f"only {acknowledged} enquiries of {presses} presses: that is no load",
    )
    size = verified(demo)
    refused = sum((client.refused for client in clients), Counter[int]())
    return (
        f"{told}: {acknowledged} enquiries acknowledged of {presses} presses ({sum(refused.values())} refused), "
        f"0 lost, 0 twice, {there} stored; {delivered} mails, 0 without an entry; "
        f"log of {size} entries clean {options.moments + 1} times; seed {options.seed}"
    )


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was lost, else 0."""
    if arguments[:1] == ["demo"]:
        return serve_impatiently(arguments)
    sink = Sink()
    try:
        settings = {"TROTH_MAIL_HELD": "0", "TROTH_SMTP_PORT": str(sink.port)}
        about = "Kill the demo at random moments under load."
        return weather(arguments, __file__, about, partial(storm, sink), settings, clients=4)
    finally:
        sink.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
