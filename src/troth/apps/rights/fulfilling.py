"""What a proven request brings about by itself.  Each part may be repeated: the job takes up what a crash left."""

from uuid import UUID

from troth.accounts.people.models import Person
from troth.gate.export import exporting
from troth.gate.export.models import Export
from troth.gate.subjects import limits, obstacles
from troth.gate.subjects.erase import erase
from troth.gate.subjects.foresee import Foreseen, foresee, together
from troth.gate.subjects.obstacles import Obstacle, Obstructed
from troth.gate.uses import SYSTEM, Actor, act, using

from . import flows, knowing, reminding
from .models import Request, RequestMessage

NOTHING = "We hold nothing about you but your requests themselves."
LEFT_OUT = (
    "Beside your requests themselves we hold an account of yours, which only signing in opens. Sign in, and you can see,"
    " correct, take along and erase there what is in it, or ask again."
)
ERASED = (
    "We have erased what we held about you. A signed receipt follows by mail for each part, once it is gone from our"
    " disks. This request itself stays for as long as our statement says, to show that it was answered."
)
RESTRICTED = (
    "From now on we keep your data and do not use it, but for your own rights and where the law demands it."
)
OBJECTED = "From now on we do not use your data for this purpose: {}."
READY = "Your archive is ready. You can fetch it from the page of this request{}."
NOT_MADE = "Your archive could not be made. You can have it made again on the page of this request, and we look into it."


def fulfil(row: Request) -> None:
    """Carry out what needs nobody's hand."""
    kinds = Request.Kind
    if row.state != Request.State.PROVEN:
        return
    if not others(row) and row.kind != kinds.CORRECTION:
        flows.answer(row, SYSTEM, LEFT_OUT if leaves_account_out(row) else NOTHING)
    elif row.kind in (kinds.ACCESS, kinds.PORTABILITY):
        _export(row)
    elif row.kind in (kinds.RESTRICTION, kinds.OBJECTION):
        _limit(row)


def own_actor(row: Request) -> Actor:
    """The person who asks, as the gate sees them."""
    return Actor("data-subject", row.owner_id)


def others(row: Request) -> set[UUID]:
    """Whom it covers and of whom there is more than requests; not who has set up a second step since."""
    covered = row.subjects() | {row.owner_id}
    asked = set(Request.objects.filter(owner__in=covered).values_list("owner_id", flat=True))
    people = list(Person.objects.filter(owner__in=covered))
    return covered - (asked - {person.owner_id for person in people}) - knowing.out_of_reach(row, people)


def leaves_account_out(row: Request) -> bool:
    """Whether an account under the request's address is opened by signing in alone."""
    with using(flows.PURPOSE, by=SYSTEM, given=row):
        return knowing.is_account_left_out(row, row.email)


def accounts(row: Request) -> int:
    """How many accounts it covers."""
    return Person.objects.filter(owner__in=others(row)).exclude(proven_at=None).count()


def _export(row: Request) -> None:
    export = exporting.ask_for(row.owner_id, sorted(others(row)), [], own_actor(row))
    ours = Request.objects.filter(pk=row.pk, state__in=(Request.State.PROVEN, Request.State.PROGRESS))
    ours.update(export_token=export.pk, state=Request.State.PROGRESS)


def _limit(row: Request) -> None:
    for subject in sorted(others(row)):
        if row.kind == Request.Kind.RESTRICTION:
            limits.restrict(subject, own_actor(row))
        else:
            limits.object_to(subject, row.purpose, own_actor(row))
    purpose = limits.objectionable().get(row.purpose, "")
    flows.answer(row, SYSTEM, OBJECTED.format(purpose) if purpose else RESTRICTED)


def archive_of(row: Request) -> Export | None:
    """The archive that was made for a request."""
    return exporting.find(row.owner_id, row.export_token) if row.export_token else None


def make_again(row: Request) -> None:
    """Another archive in place of one that failed, or whose time is over."""
    export = archive_of(row)
    if row.is_live() and (export is None or export.state == Export.State.FAILED):
        _export(row)


def carry_on() -> int:
    """The job: what a crash left, archives that are ready or failed, outcomes that arrived, what nobody proved."""
    for row in Request.objects.filter(state=Request.State.PROVEN).exclude(kind=Request.Kind.DELETION):
        fulfil(row)
    for row in Request.objects.filter(state=Request.State.PROGRESS).exclude(export_token=None):
        _follow(row)
    return flows.lapse_unproven() + flows.close_reached()


def _follow(row: Request) -> None:
    export = archive_of(row)
    if export is not None and export.state == Export.State.READY:
        until = f" until {export.expires_at:%d %B %Y, %H:%M} UTC" if export.expires_at else ""
        flows.answer(row, SYSTEM, READY.format(until))
    elif export is not None and export.state == Export.State.FAILED:
        _tell_failed(row, export.pk)


def _tell_failed(row: Request, export: UUID) -> None:
    """To the person and to the desk, once: the message has the archive's id."""
    with using(flows.PURPOSE, by=SYSTEM, given=row, at=flows.DESK), act():
        if not RequestMessage.objects.filter(pk=export).exists():
            flows.give_message(row, SYSTEM, NOT_MADE, export.hex)
            reminding.tell_desk(row, "its archive failed", "has an archive that could not be made")


def what_goes(row: Request) -> Foreseen:
    """What a deletion would do, over everybody it covers: a kind of record has one line, whosever they are."""
    each = [foresee(subject) for subject in sorted(others(row))]
    return Foreseen(
        together(line for one in each for line in one.goes),
        together(line for one in each for line in one.stays),
        together(line for one in each for line in one.shared),
    )


def obstacles_of(row: Request) -> list[Obstacle]:
    """What stands in the way of a deletion."""
    covered = sorted(others(row)) if row.kind == Request.Kind.DELETION and row.is_live() else []
    return [found for subject in covered for found in obstacles.of(subject.hex)]


def erase_covered(row: Request) -> list[Obstacle]:
    """Erase everybody the request covers; what stands in the way keeps the request open.  Safe to repeat."""
    with using(flows.PURPOSE, by=SYSTEM, given=row):
        address = row.email
    found: list[Obstacle] = []
    for subject in sorted(others(row)):
        try:
            erase(subject.hex, own_actor(row), receipt_to=address)
        except Obstructed as obstructed:
            found += obstructed.obstacles
    if not found and Request.objects.filter(pk=row.pk).exists():
        flows.answer(row, SYSTEM, ERASED)
    return found
