"""What a list of a million blocked nets costs the firewall alone, and the whole request."""

import random
from collections.abc import Callable
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from troth.apps.protection import measures
from troth.apps.protection.middleware import Guard
from troth.gate.watch.nets import Net

from ..method import Contender, by_turns
from ..report import Section, Target

NONE = "no net is blocked"
BOUND, LENGTHS, SEED = 1.1, (24, 32, 32, 32), 8


def rows(rounds: int, count: int) -> list[Section]:
    """So many nets of two lengths in memory, and none."""
    many = f"{count:,} nets are blocked"
    empty, full = measures.Memory(), measures.Memory()
    chance, until = random.Random(SEED), (timezone.now() + timedelta(days=1)).timestamp()
    nets = full.nets[measures.Act.BLOCK]
    while len(nets) < count:
        bits = chance.choice(LENGTHS)
        # Nobody of ours is blocked: not 127.0.0.0/8, where the client of the next section is.
        nets.put(
            Net(32, bits, (chance.randrange(128, 224) << (bits - 8)) | chance.getrandbits(bits - 8)), until
        )
    client, sections = Client(HTTP_HOST="localhost", REMOTE_ADDR="127.0.0.9"), []
    for title, what, work in (
        ("alone", "200 requests", _looks(chance)),
        ("a page", "a request", _asked(client)),
    ):
        found = by_turns([Contender(NONE, _with(empty, work)), Contender(many, _with(full, work))], rounds)
        # Alone it is microseconds of milliseconds: what it costs the request decides.
        targets = (
            [Target("CPU, to none", found[many].cpu_ratio(found[NONE]), BOUND)] if what == "a request" else []
        )
        sections.append(Section(f"Firewall: {title}", what, list(found.values()), targets))
    return sections


def _with(memory: measures.Memory, work: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        memory.asked_at = float("inf")
        measures.memory = memory
        work()

    return run


def _looks(chance: random.Random) -> Callable[[], None]:
    """The firewall around an application that does nothing, for addresses that are in no net."""
    answer, guard = HttpResponse("."), Guard(lambda request: answer)
    addresses = [f"127.{n >> 8 & 255}.{n & 255}.7" for n in chance.sample(range(65_536), 200)]
    asked = [RequestFactory(REMOTE_ADDR=address).get("/contact/") for address in addresses]

    def look() -> None:
        for request in asked:
            assert guard(request) is answer

    return look


def _asked(client: Client) -> Callable[[], None]:
    def get() -> None:
        assert client.get("/contact/", secure=True).status_code == 200

    return get
