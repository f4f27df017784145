"""Kill the demo at random moments while everything is at work in it, and count all promises from outside.

    python scripts/kill_house.py [--moments 250] [--seed N] [--clients 1]

The log is recomputed after each moment and grows with the load, so a thousand moments are four houses of 250.

At once, over TLS and against one store: enquiries are sent, and others deleted by whoever sent them; friends are
referred, by two people at a time; visits are told of; files are sent, rows imported, queries asked, somebody let in and
out of a workspace; a provider and a partner fetch what is meant for them, now and then from an earlier number. Server,
worker, both or all of it is killed with SIGKILL. Mail goes to a real SMTP server of this script. Ends with 0 when

- what the scripts for one part each ask holds for all of them (`kill.py`, `kill_visits.py`, `kill_hosting.py`,
  `kill_sharing.py`, `kill_referrals.py` say what that is);
- nobody is there who was told that they are deleted, no erasure stands half way, and each has one entry;
- no friend got two messages, and no file holds a byte of one;
- the log was clean after every single moment.

One line of figures is printed. The demo lies in a folder of its own, which is removed at the end.
"""

# The path comes first: the house is imported from here.
# ruff: noqa: E402
from __future__ import annotations

import argparse
import email.policy
import http.client
import json
import random
import re
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts import hosting_clients, kill, kill_hosting, kill_referrals, kill_sharing, kill_visits, storming
from scripts.storming import need
from tests.site.demo import Demo, hidden

FRIENDS, LEAVERS, VISITORS = "@invited.example", "@leaving.example", "@visitors.example"
THREAD = re.compile(r"https://localhost:\d+(/enquiries/open/[\w-]{43}/)")


class Post(kill.Sink):
    """The SMTP server: friends are counted by address, everybody else as enquiries' visitors are, links are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.invited, self.links, self.others = Counter[str](), dict[str, str](), set[str]()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Take one message."""
        to = envelope.rcpt_tos[0].lower()
        if to.endswith(FRIENDS):
            self.invited[to.partition("@")[0].partition("+")[0].strip('"')] += 1
            return "250 taken"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        plain = message.get_body(("plain",))
        text = plain.get_content() if plain else ""
        if not to.endswith(VISITORS):
            self.others.add(str(message["Message-ID"]))
        for pattern in (THREAD, hosting_clients.OFFER):
            if found := pattern.search(text):
                self.links[to] = found[1]
        return await super().handle_DATA(server, session, envelope)


class Postbox(hosting_clients.Office):
    """Charlie's own letters, which this script has; the office's page of mail has too many."""

    post: Post

    def link(self) -> str:
        """That of the newest message to Charlie; none when it did not come yet."""
        time.sleep(0.2)
        return self.post.links.get("charlie@chen.example", "")


class Leaver(kill.Client):
    """A visitor who sends an enquiry, opens the link that comes by mail, and deletes it."""

    post: Post
    gone: list[UUID]

    def _send(self, mark: str, stop: threading.Event) -> None:
        me, browser = f"{self.name}.{uuid.uuid4().hex[:12]}{LEAVERS}", self.demo.browser(10.0)
        told = {"name": "Leaver", "company": "", "address": "", "phone": "", "topic": "Services", "email": me}
        told["message"] = "Please forget this again."
        sent = self._insist(stop, lambda: browser.fill_in("/contact/", told).status == 302)
        while sent and me not in self.post.links and not stop.wait(0.1):
            pass
        if not sent or me not in self.post.links:
            return
        thread = ""

        def opens() -> bool:
            nonlocal thread
            thread = browser.get(self.post.links[me]).header("location")
            return "/enquiries/" in thread

        def deletes() -> bool:
            page = browser.get(f"{thread}delete/")
            if page.status == 404:  # the press before this one was heard, and its answer was lost
                return True
            return browser.post(f"{thread}delete/", hidden(page.text, f"{thread}delete/")).status in (
                200,
                404,
            )

        if self._insist(stop, opens) and self._insist(stop, deletes):
            self.gone.append(UUID(thread.strip("/").split("/")[-1]))

    def _insist(self, stop: threading.Event, ask: Callable[[], bool]) -> bool:
        while not stop.is_set():
            with suppress(OSError, http.client.HTTPException, AssertionError):
                self.presses += 1
                if ask():
                    return True
            time.sleep(kill.PRESS_AGAIN)
        return False


@dataclass
class Inside:
    """Somebody who acts in this process, on the store that the house serves: nothing of theirs is killed."""

    act: Callable[[int], None]
    pause: float
    done: int = 0
    damage: Exception | None = None

    def run(self, stop: threading.Event) -> None:
        """Act, and let go of the store each time, until told to stop."""
        from django.db import connections

        while not stop.wait(self.pause):
            try:
                self.act(self.done)
                self.done += 1
            except Exception as error:  # noqa: BLE001 - it ends the storm, not only this thread
                self.damage = error
                return
            finally:
                connections.close_all()


@dataclass
class Fetcher:
    """A program of a provider or partner, which fetches what is meant for it over TLS and notes what came."""

    demo: Demo
    name: str
    path: str
    key: str
    opened: Callable[[bytes], list[dict[str, Any]]]
    pause: float
    chance: random.Random
    got: list[dict[str, Any]] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def run(self, stop: threading.Event) -> None:
        """Fetch until told to stop."""
        while not stop.wait(self.pause * self.chance.random() * 2):
            self.fetch(self.chance.choice((0, 0, 0, 1, 4)))

    def fetch(self, back: int) -> bool:
        """Ask for what comes after the last number, or after one `back` from it; whether anything came."""
        after = max(0, max((each["number"] for each in self.got), default=0) - back)
        browser = self.demo.browser(20.0)
        with suppress(OSError, http.client.HTTPException):
            own = {"Authorization": f"Bearer {self.key}"}
            answer = browser._ask("GET", f"{self.path}?after={after}", None, own)
            self.answers[answer.status] += 1
            if answer.status == 200 and (came := self.opened(answer.body)):
                self.got += came
                return True
        return False


@dataclass
class House:
    """Everybody at work, and what is asked of each part in the end."""

    demo: Demo
    post: Post
    options: argparse.Namespace

    def __post_init__(self) -> None:
        chance, each = random.Random(self.options.seed), range(self.options.clients)
        self.at = kill_hosting.prepare(self.demo)
        self.hosting = kill_hosting.crew(self.at, 6, self.options.seed)
        for sharer in kill_hosting.of(self.hosting, hosting_clients.Sharer):
            sharer.office = Postbox(self.at, 1)
            sharer.office.post = self.post
        self.watcher = kill_hosting.Watcher(self.at, self.hosting)
        self.visitors = [kill.Client(self.demo, f"client{number}") for number in each]
        self.leavers = [Leaver(self.demo, f"leaver{number}") for number in each]
        for leaver in self.leavers:
            leaver.post, leaver.gone = self.post, []
        self.browsers = [kill_visits.Visitor(self.demo) for _ in each]
        self.fetchers, self.inside = self._sharing(chance), self._referring(chance)

    def _sharing(self, chance: random.Random) -> list[Fetcher]:
        from troth.apps.offers import partners
        from troth.gate.duties import registering

        def of_provider(body: bytes) -> list[dict[str, Any]]:
            return json.loads(body)["records"]  # type: ignore[no-any-return]

        self.duty, (self.part, secret) = kill_sharing.call_list(), kill_sharing.joint_offer()
        keys = registering.make_key(self.duty), partners.make_key(self.part)
        return [
            Fetcher(self.demo, "provider", "/api/v1/duty/records/", keys[0], of_provider, 1.0, chance),
            Fetcher(
                self.demo, "partner", "/api/v1/joint-offer/records/", keys[1],
                lambda body: kill_sharing.unpacked(body, secret), 1.5, chance,
            ),
        ]  # fmt: skip

    def _referring(self, chance: random.Random) -> list[Inside]:
        from troth.apps.referrals import flows
        from troth.gate.subjects.models import DataSubject, Kind

        self.mark = f"{kill_referrals.MARK}{self.options.seed}n"
        referrers = [DataSubject.begin(Kind.PERSON).pk for _ in range(2)]

        def refer(who: UUID, number: int) -> None:
            # A worker that is killed every few seconds writes to few friends: the queue may be full for a while.
            with suppress(flows.Crowded):
                kill_referrals.refer(
                    0.0, who, f"{self.mark}{number}", chance.choice(kill_referrals.SPELLINGS)
                )

        asking = [Inside(partial(refer, who), 2.0) for who in referrers]
        return [
            *asking,
            Inside(lambda number: kill_sharing.ask_for_a_call(number + 1_000_000), 0.7),
            Inside(lambda _: kill_sharing.show_interest(self.part), 0.7),
        ]

    def everybody(self) -> list[storming.Client]:
        """All who are at work."""
        return [
            *self.hosting, self.watcher, *self.visitors, *self.leavers, *self.browsers, *self.fetchers, *self.inside,
        ]  # fmt: skip

    def look(self, what: str, when: float) -> None:
        """After a kill: nobody met damage; what a killed worker held is given up, as it would be minutes later."""
        from django.utils import timezone

        from troth.apps.referrals.models import Invitee

        Invitee.objects.filter(state=Invitee.State.SENDING).update(due_at=timezone.now())
        kill_hosting.look(self.at, self.hosting, what, when)
        kill_hosting.raise_damage([self.watcher])
        for each in self.inside:
            if each.damage is not None:
                raise each.damage

    def settle(self) -> None:
        """Wait until the worker has done all that it was given, and fetch the rest."""
        from troth.apps.referrals.models import Invitee
        from troth.gate.subjects.models import Erasure

        storming.let_time_pass()
        self.look("worker", time.time())
        kill_hosting.settle(self.at)
        storming.wait_while(Invitee.objects.count, "friends were never written to")
        storming.wait_while(Erasure.objects.exclude(state="done").count, "erasures never ended")
        storming.drain()
        for each in self.fetchers:
            # A minute's worth of fetches may be spent.
            storming.wait_while(lambda each=each: int(each.fetch(0)), "fetches always bring more")  # type: ignore[misc]

    def figures(self) -> list[str]:
        """Promise against fact, part by part.  Raises `Damage`."""
        return [
            self._enquiries(),
            self._erasures(),
            self._friends(),
            self._visits(),
            *self._hosting(),
            self._shared(),
        ]

    def _enquiries(self) -> str:
        from troth.gate.outbound.models import Message

        there = set(Message.objects.values_list("message_id", flat=True))
        for gone in self.post.others - there:  # went with whoever is erased since, as a visitor is not
            del self.post.taken[gone]
        acknowledged, stored, delivered = kill.count_up(self.visitors, self.post, there)
        return (
            f"{acknowledged} enquiries acknowledged, {stored} stored, 0 lost, 0 twice;"
            f" {delivered} mails, 0 without an entry"
        )

    def _erasures(self) -> str:
        from troth.apps.enquiries.models import Enquiry
        from troth.gate.journal.models import Entry
        from troth.gate.subjects.models import Erasure

        gone = [each for leaver in self.leavers for each in leaver.gone]
        back = Enquiry.objects.filter(pk__in=gone).count()
        need(not back, f"{back} of {len(gone)} who were told that they are deleted are there")
        entries, erasures = Entry.objects.filter(kind=6).count(), Erasure.objects.count()
        need(entries == erasures >= len(gone), f"{entries} completion entries of {erasures} erasures")
        return f"{len(gone)} deleted themselves, {erasures} erasures with one entry each"

    def _friends(self) -> str:
        from troth.gate.proving.answers import CONTROLS

        friends = {f"{self.mark}{number}" for each in self.inside[:2] for number in range(each.done + 1)}
        need(max(self.post.invited.values(), default=0) <= 1, "a friend got a second message")
        need(set(self.post.invited) <= friends, "a message went to nobody’s friend")
        found = CONTROLS["public.referral"]()
        need(found.status == "kept", f"public.referral: {found.figure}")
        kill_referrals.nothing_left(self.demo.home)
        return f"{len(self.post.invited)} friends written to, none twice, no byte of them left"

    def _visits(self) -> str:
        events, _ = kill_visits.check([path for each in self.browsers for path in each.acknowledged])
        acknowledged = sum(len(each.acknowledged) for each in self.browsers)
        return f"{acknowledged} visits acknowledged, {events} kept, 0 lost, 0 twice"

    def _hosting(self) -> list[str]:
        return list(kill_hosting.counted(self.at, self.hosting))

    def _shared(self) -> str:
        from troth.apps.offers.models import Delivery
        from troth.gate.duties.models import Handover

        held = (
            Handover.objects.filter(duty=self.duty).values_list("number", "mark", "entry", "is_again"),
            Delivery.objects.filter(part=self.part).values_list("position", "handle", "entry", "is_again"),
        )
        told = []
        for who, asked, rows in zip(self.fetchers, self.inside[2:], held, strict=True):
            given = list(rows)
            numbers = {row[0] for row in given}
            need(
                len(numbers) >= asked.done,
                f"the {who.name} has {len(numbers)} of {asked.done} records; answers: {dict(who.answers)}",
            )
            kill_sharing.compare(who, given, len(numbers))
            told.append(f"{who.name} got {len(who.got)} of {len(given)} handed over")
        return ", ".join(told) + ", 0 without an entry, 0 twice unseen"


def storm(post: Post, demo: Demo, options: argparse.Namespace) -> str:
    """All moments, then the count; the line of figures.  Raises `Damage`."""
    house = House(demo, post, options)
    with storming.load(house.everybody()):
        told = storming.moments(demo, options, house.look)
    house.settle()
    figures = house.figures()
    size = storming.verified(demo)
    return f"{told}: {'; '.join(figures)}; log of {size} entries clean {options.moments + 1} times; seed {options.seed}"


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was lost, else 0."""
    if arguments[:1] == ["demo"]:
        return storming.serve_impatiently(arguments)
    post = Post()
    try:
        settings = {"TROTH_MAIL_HELD": "0", "TROTH_SMTP_PORT": str(post.port)}
        about = "Kill the demo at random moments while everything is at work in it."
        return storming.weather(arguments, __file__, about, partial(storm, post), settings, clients=1)
    finally:
        post.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
