"""On what ground `troth subject` shows, exports and erases: a request of the desk, or one that came on paper.

One of the two is always said.  What is said goes on record: into the part of whoever it is about, and into that of each
owner of the install, which is still there when an erasure has ended the first.
"""

import argparse
import re
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

LONGEST, SHORTEST = 200, 10
_PERSONAL = re.compile(r"@|\d[\d\s/.-]{4,}")


def add(parser: Any) -> None:
    """The two ways to say it, of which one is needed."""
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument("--request", metavar="NUMBER", help="the request of the desk that it is done for")
    ways.add_argument(
        "--on-paper",
        type=reason,
        metavar="REASON",
        help="who asked, and how you made sure; no name or number",
    )


def reason(text: str) -> str:
    """What is said of a request on paper.  Raises ArgumentTypeError for nothing much, and for what may be personal."""
    text = " ".join(text.split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise argparse.ArgumentTypeError(
            f"say in {SHORTEST} to {LONGEST} characters who asked and how you made sure, such as `the person, by letter;"
            " identity card seen`"
        )
    if _PERSONAL.search(text):
        raise argparse.ArgumentTypeError(
            "leave out addresses and numbers: this stays when the person is erased"
        )
    return text


@dataclass(frozen=True, slots=True)
class OnPaper:
    """The ground of a request that reached the company outside these pages; the shell's user checked who asks."""

    subject: uuid.UUID
    reason: str
    ground: ClassVar[str] = "request"

    def is_live(self) -> bool:
        """For as long as the command runs."""
        return True

    def covers(self, row: Any) -> bool:
        """The subject's own rows."""
        return bool(row.owner_id == self.subject)


def ground(subject: uuid.UUID, options: argparse.Namespace) -> Any:
    """The request that is named, when it is proven, open and this subject's, else None; or the one on paper."""
    if options.request is None:
        return OnPaper(subject, options.on_paper)
    from troth.apps.rights.models import Request

    found = Request.objects.filter(number=options.request).first()
    if found is None or not found.is_live() or subject not in found.subjects() | {found.owner_id}:
        return None
    return found


def on_record(subjects: list[uuid.UUID], what: str, options: argparse.Namespace) -> None:
    """Enter what is done at the shell and on which ground, durably, before it is done."""
    from django.db import transaction

    from troth.accounts.models import Role, StaffMember
    from troth.engine.ledger import Json, Kind
    from troth.gate.keystore import keys
    from troth.gate.uses import SYSTEM
    from troth.gate.uses.entering import enter

    said = {"on paper": options.on_paper} if options.request is None else {"request": options.request}
    owners = StaffMember.objects.filter(role=Role.OWNER).values_list("owner_id", flat=True)
    theirs = keys.ciphers([each.hex for each in owners])
    mine: dict[str, Json] = {what: "at the shell", **said}
    acted: dict[str, Json] = {"acted": True, "others": len(subjects), **mine}
    ciphers = keys.ciphers([subject.hex for subject in subjects])
    details = [(name, cipher, mine) for name, cipher in ciphers.items()]
    details += [(name, cipher, acted) for name, cipher in theirs.items() if name not in ciphers]
    with transaction.atomic(durable=True):
        enter(Kind.USE, "answering-requests", SYSTEM, details)


def deletion(subjects: list[uuid.UUID], number: str) -> tuple[Any, list[uuid.UUID]]:
    """The request to delete that is named, and which of the subjects it covers; (None, []) for any other number.

    A subject of which there is nothing but requests is left out: those stay, to show that they were answered.
    """
    from troth.apps.rights import fulfilling
    from troth.apps.rights.models import Request

    found = Request.objects.filter(number=number, kind=Request.Kind.DELETION).first()
    if found is None or not found.is_live():
        return None, []
    covered = fulfilling.others(found)
    return found, [subject for subject in subjects if subject in covered]


def unanswered(subjects: list[uuid.UUID], number: str | None) -> list[str]:
    """The proven, open requests that would go with these subjects and get no answer."""
    from troth.apps.rights.models import Request

    rows = Request.objects.filter(owner__in=subjects).exclude(number=number or "").order_by("due_at")
    return [f"{row.number} ({row.get_kind_display()})" for row in rows if row.is_live()]


def address_of(request: Any) -> str:
    """The address of a request, for the receipt."""
    from troth.gate.uses import SYSTEM, using

    with using("answering-requests", by=SYSTEM, given=request):
        return str(request.email)


def answer(request: Any) -> bool:
    """Tell whoever asked that it is done, once nothing is left that the request covers; whether it is.

    A request that belonged to who is erased is gone, and the receipt that goes out by mail is the answer.
    """
    from troth.apps.rights import flows, fulfilling
    from troth.apps.rights.models import Request
    from troth.gate.uses import SYSTEM

    if not Request.objects.filter(pk=request.pk).exists():
        return True
    if fulfilling.others(request):
        return False
    flows.answer(request, SYSTEM, fulfilling.ERASED)
    return True
