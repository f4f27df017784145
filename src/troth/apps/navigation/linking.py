"""A browser connected to a name, by an act in that browser with the box ticked, and disconnected again.

clause: navigation.anonymous.  Nothing else connects them: no address, no agent, no sign-in.  A number is connected to
one person at most; whoever ticks the box in a browser that is connected to another gets a number of their own, and with
it none of the other's trail.  Who signs out leaves the number behind, for a browser may be used by several.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest

from troth.accounts.people.models import Person
from troth.engine.ledger import Kind
from troth.engine.policy import Decision, Permit
from troth.gate.keystore import keys
from troth.gate.published import statement
from troth.gate.registry import Tick, serves
from troth.gate.uses import SYSTEM, act, using
from troth.gate.uses.entering import enter
from troth.visits.models import Event, LinkedBrowser

from . import numbers, trail
from .browsers import LONGEST_AGENT, browser_of
from .collecting import PLACE

LINKING = serves("personalising")
VIEWED = "navigation.pages-viewed"
NAME = "connect-browser"


def number_in(request: HttpRequest) -> bytes | None:
    """The number of the browser that asks; None for one without, and for one that wants to be nobody."""
    if _wants_none(request):
        return None
    return numbers.number_of(request.COOKIES.get(numbers.COOKIE, ""))


def _wants_none(request: HttpRequest) -> bool:
    return request.headers.get("Sec-GPC") == "1" or request.COOKIES.get(numbers.CHOICE) == "no"


def link_of(number: bytes | None) -> LinkedBrowser | None:
    """To whom a number is connected; asking opens nothing."""
    if number is None:
        return None
    found: LinkedBrowser | None = LinkedBrowser.objects.lookup(number=number.hex()).first()
    return found


def label(request: HttpRequest) -> str:
    """What the box offers; blank where there is no trail, or it is connected already."""
    number = number_in(request)
    pages = trail.of(request.COOKIES.get(numbers.COOKIE, "")).pages if number and not link_of(number) else 0
    if not pages:
        return ""
    return f"This browser has an anonymous trail of {pages} page{'' if pages == 1 else 's'}: connect it to me"


def ticked(request: HttpRequest, subject: UUID, place: str) -> None:
    """Somebody made themselves known in a form, and ticked the box."""
    number = number_in(request)
    if number is None or subject == _owner(number):
        return
    if link_of(number) is not None:
        drawn = give_number(request)
        number = numbers.number_of(drawn)
    if number is not None:
        agent = browser_of(request.headers.get("User-Agent", "")[:LONGEST_AGENT])
        link(subject, number, ", ".join(filter(None, (agent.browser, agent.system))), place)


def _owner(number: bytes) -> UUID | None:
    found = link_of(number)
    return found.owner_id if found else None


def give_number(request: HttpRequest) -> str:
    """Give the browser another number with the answer (`middleware.py`); none where it wants none, and blank here."""
    drawn = "" if _wants_none(request) else numbers.draw()
    request.new_number = drawn  # type: ignore[attr-defined]
    return drawn


def link(subject: UUID, number: bytes, browser: str, place: str) -> LinkedBrowser:
    """Connect a number to somebody, on record as what they did."""
    with using(LINKING, by=SYSTEM, at=PLACE) as use, act():
        row = LinkedBrowser(owner_id=subject, act=place, entry=use.entry())
        row.number, row.browser = number.hex(), browser
        row.save(force_insert=True)
    return row


def unlink(row: LinkedBrowser) -> None:
    """Make a browser anonymous again, for what was done and for what will be; on record with whoever it was."""
    subject = row.owner_id.hex
    with act():
        LinkedBrowser.objects.filter(pk=row.pk).delete()
        if cipher := keys.ciphers([subject]).get(subject):
            enter(Kind.USE, trail.FORGETTING, SYSTEM, [(subject, cipher, {"deleted": "connected browser"})])


def own_card(request: HttpRequest, subject: UUID) -> dict[str, Any]:
    """The browsers that somebody connected, for the page of their own data; inside the use that shows it."""
    rows = LinkedBrowser.objects.filter(owner=subject)
    told = [
        {"id": each.pk, "name": each.browser, "at": each.linked_at, "act": each.get_act_display()}
        for each in rows
    ]
    return {"browsers": told}


KEPT_DAYS = 90
"""Days back that a connected browser's trail is looked for: no event is kept longer (clause collect.navigation)."""


def visits_of(subject: UUID) -> list[dict[str, Any]]:
    """The trails of somebody's connected browsers, for the archive of their data; inside the use that makes it.

    clause: navigation.anonymous.  Nothing where the statement does not let a trail stand beside a name for this.
    """
    found: list[dict[str, Any]] = []
    for row in LinkedBrowser.objects.filter(owner=subject):
        number, decision = row.number, _beside_a_name()
        if number and isinstance(decision, Permit):
            names = trail.aliases_of(bytes.fromhex(number), KEPT_DAYS + 1)
            visits = trail.told_of(Event.objects.filter(alias__in=names).order_by("-at", "-pk"))
            with using(trail.SHOWING, by=SYSTEM, given=row) as use:
                use.note(subject.hex, VIEWED, decision.clause)
            found += [{"connection": str(row.pk), **each} for each in visits]
    return found


def _beside_a_name() -> Decision:
    ground = frozenset({LinkedBrowser.ground})
    return statement.current().decide("join", VIEWED, trail.SHOWING, SYSTEM.role, ground)


def left(sender: object, request: HttpRequest | None, **_: object) -> None:
    """Somebody signed out: a number that is connected stays behind, and the browser gets another."""
    if (
        request is not None
        and link_of(numbers.number_of(request.COOKIES.get(numbers.COOKIE, ""))) is not None
    ):
        give_number(request)


def came(sender: object, request: HttpRequest | None, user: Any, **_: object) -> None:
    """Somebody signed in: a number that is connected to somebody else is not theirs, and they get another."""
    if request is None:
        return
    linked = link_of(numbers.number_of(request.COOKIES.get(numbers.COOKIE, "")))
    if linked is not None and not Person.objects.filter(user=user, owner=linked.owner_id).exists():
        give_number(request)


BOX = Tick(
    NAME,
    "Without it your visits stay anonymous. You can undo it at any time, and nothing of it is needed for this form.",
    label,
    ticked,
)
