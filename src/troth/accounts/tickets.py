"""What a browser shows for its session: a ticket that changes as it goes (clause security.sessions, decision 0031).

A ticket is `v1.FAMILY.GENERATION.TOKEN`.  The token is worked out from the family, the generation and a salt with a key
of this install: all who are handed a family's next ticket are handed the same one.  Nothing here touches a database.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import Enum
from hmac import compare_digest
from uuid import UUID

from django.conf import settings

from troth.gate.keystore.boxes import keyed

LONGEST = 100
"""Characters of a ticket, with room to spare: what is longer is not looked at."""
COMPANY = "company"
"""The host on which people sign in; each host has sessions, and tickets, of its own."""
_SHAPE = re.compile(r"v1\.([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})")
_DEVICE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as it was shown; whether it is real is for `judge` to say."""

    family: UUID
    generation: int
    token: str

    @property
    def hash(self) -> bytes:
        """What the tables hold of it."""
        return hashlib.sha256(b"troth-ticket-1" + self.token.encode("ascii")).digest()

    def __str__(self) -> str:
        return f"v1.{_text(self.family.bytes)}.{self.generation}.{self.token}"


@dataclass(frozen=True, slots=True)
class Kin:
    """What is known of a family and decides; the columns of `Family`."""

    id: UUID
    salt: bytes
    device: bytes
    generation: int
    current: bytes
    previous: bytes
    moved_at: int
    left_at: int | None
    host: str


class Verdict(Enum):
    """What a shown ticket is."""

    FORGED = "nobody's"
    CURRENT = "the newest that was shown before"
    NEXT = "the one that was handed out and not shown yet"
    PREVIOUS = "the one before, in a request that was under way"
    LEFT = "of a session that has just gone on under another family"
    COPIED = "an old one, or one without its device: more than one browser has it"


def judge(kin: Kin, ticket: Ticket, device: str, at: int, grace: int, host: str = COMPANY) -> Verdict:
    """What a ticket of this family is, shown beside `device` in a request that came to `host` at `at` (seconds)."""
    if not _is_real(kin, ticket):
        return Verdict.FORGED
    if kin.host != host:
        # No browser takes a cookie from one of our hosts to another: somebody did it by hand.
        return Verdict.COPIED
    if not compare_digest(kin.device, device_hash(kin.salt, device)):
        # Of two first answers at once a browser may keep the ticket of one and the device of the other.
        return Verdict.COPIED if kin.generation else Verdict.FORGED
    if kin.left_at is not None:
        return Verdict.LEFT if abs(at - kin.left_at) <= grace else Verdict.COPIED
    behind = kin.generation - ticket.generation
    if behind in (0, -1):
        return Verdict.NEXT if behind else Verdict.CURRENT
    return Verdict.PREVIOUS if behind == 1 and abs(at - kin.moved_at) <= grace else Verdict.COPIED


def _is_real(kin: Kin, ticket: Ticket) -> bool:
    """Whether we made it; of the newest two the tables know the hash as well."""
    if not compare_digest(token(kin, ticket.generation), ticket.token):
        return False
    known = {kin.generation: kin.current, kin.generation - 1: kin.previous}.get(ticket.generation)
    return known is None or compare_digest(known, ticket.hash)


def token(kin: Kin, generation: int) -> str:
    """The token of one generation, always the same."""
    told = kin.id.bytes + generation.to_bytes(8, "big") + kin.salt
    return _text(keyed(settings.TROTH_KEYS, "tickets", told))


def next_of(kin: Kin) -> Ticket:
    """The ticket that follows on the newest one shown."""
    return Ticket(kin.id, kin.generation + 1, token(kin, kin.generation + 1))


def read(shown: str) -> Ticket | None:
    """A ticket out of a cookie, or None for anything else: no other spelling of a ticket is one."""
    found = _SHAPE.fullmatch(shown) if len(shown) <= LONGEST else None
    if found is None:
        return None
    family, generation, text = found.groups()
    ticket = Ticket(UUID(bytes=base64.urlsafe_b64decode(family + "==")), int(generation), text)
    return ticket if str(ticket) == shown else None


def new_device() -> str:
    """What the second cookie holds: random, and the same for as long as the browser has a session."""
    return _text(secrets.token_bytes(32))


def is_device(shown: str) -> bool:
    """Whether a cookie can be a device of ours."""
    return _DEVICE.fullmatch(shown) is not None


def device_hash(salt: bytes, device: str) -> bytes:
    """What the tables hold of a device; salted by the family, so that they do not tell which sessions share one."""
    return hashlib.sha256(b"troth-device-1" + salt + device.encode()).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
