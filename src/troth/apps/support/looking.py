"""Staff look into a workspace: a reason first, then a page at a time, each on record before it is shown.

What a look needs is checked in the same act that records it: the ground, its scope, the reason, and how much one
person may see within an hour.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from troth.accounts.levels import held, seconding
from troth.accounts.levels.models import Nod
from troth.accounts.models import Role
from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.published import statement
from troth.gate.uses import Actor, act, using
from troth.workspaces.access import PLACE
from troth.workspaces.hosted import opened
from troth.workspaces.models import RIGHT_OF, Right, Seat, Workspace
from troth.workspaces.models import Role as Place
from troth.workspaces.sections import LOOKS, parts

from .flows import hold
from .grounds import Kind, LookGround
from .models import Approval, Looked, ShownPart, Sitting

PER_PAGE = 25
FREE, MORE = 50, 200
"""Items that one person sees within an hour, and how many more an approval adds."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OVER = "This ground has ended, or was never approved. Nothing can be looked at on it."

UNTOLD = "The Customer may not be told of this record yet, so nobody looks on it: each look would tell them."


LATE = "The Customer’s settings let support look within a day of the request. It is over."
UNASKED = "The Customer’s settings ask for a manager’s yes to each look. They got a mail; come back when one said yes."


class WaitForApproval(NotNow):
    """Whoever looks has seen as much as one person may within an hour."""


@dataclass(frozen=True, slots=True)
class Way:
    """A member of staff at the door of a workspace, with the ground they come on."""

    by: Actor
    kind: Kind
    ground: LookGround
    workspace: UUID

    def must(self) -> None:
        """Raises NotNow when the ground has ended; Refused when it is not for this role or this workspace."""
        if self.by.role not in self.kind.roles or self.by.subject is None:
            raise Refused(f"nobody of your role looks on a {self.kind.label}", "hosting.access")
        if self.workspace not in self.ground.workspaces():
            raise Refused(f"{self.ground.number} does not reach this workspace", "hosting.access")
        if not self.ground.is_live():
            raise NotNow(OVER)
        if getattr(self.ground, "untold_until", None) is not None:
            raise NotNow(UNTOLD)
        if self._wanted != "request" and timezone.now() >= self.ground.opened_at + DAY:  # type: ignore[attr-defined]
            raise NotNow(LATE)

    @property
    def _wanted(self) -> str:
        """How far the Customer lets support look on its requests; incidents and the law have rules of their own."""
        return wanted_of(self.workspace) if self.kind.letter == "S" else "request"

    @property
    def waits_for_customer(self) -> bool:
        """Whether one of the Customer's managers has to say yes to the reason that was given, and did not yet."""
        return self._wanted == "each" and not is_nodded(self)

    def sitting(self) -> Sitting | None:
        """The reason that counts now, if one was given within the hour."""
        rows = Sitting.objects.filter(
            owner=self.workspace, staff=self.by.subject, number=self.ground.number, role=self.by.role,
            begun_at__gt=timezone.now() - HOUR,
        )  # fmt: skip
        found: Sitting | None = rows.first()
        return found


def wanted_of(workspace: UUID) -> str:
    """How far a workspace's company lets support look on its requests: a word of `troth.accounts.levels`."""
    row = Workspace.objects.filter(owner=workspace).first()
    return str(held.of_company(row.customer_id if row else None)["support"])


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a part as it is shown; `left_out` rows wait for an approval."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    total: int
    left_out: int


def begin(way: Way, row_id: str, reason: str, note: str) -> Sitting | None:
    """Give a reason; the Customer is told by mail.  None when this form was sent already.  Raises NotNow, Refused."""
    way.must()
    if Sitting.objects.filter(pk=row_id).exists():
        return None
    row = Sitting(
        id=UUID(row_id), owner_id=way.workspace, staff_id=way.by.subject, role=way.by.role,
        number=way.ground.number, reason=reason,
    )  # fmt: skip
    try:
        with opened(way.workspace), using(way.kind.purpose, by=way.by, given=way.ground, at=PLACE), act():
            _hold(way)
            row.note = note
            row.save(force_insert=True)
            for place in Seat.objects.filter(workspace=way.workspace):
                if RIGHT_OF[Place(place.role)].reaches(Right.MANAGE):
                    notices.put(place.owner_id, "Our staff look into your workspace", _letter(way))
            if way.waits_for_customer:
                _ask_customer(way, row)
    except IntegrityError:
        if Sitting.objects.filter(pk=row_id).exists():
            return None
        raise
    return row


def _ask_customer(way: Way, sitting: Sitting) -> None:
    """Ask the Customer's managers for their yes to this reason."""
    company = settings.TROTH_BASE_URLS["company"]
    log = reverse("workspace-log", "troth.config.urls", args=[way.workspace])
    page = company + reverse("account-people", "troth.config.urls")
    row = Workspace.objects.get(owner=way.workspace)
    if row.customer_id is None:
        return
    seconding.ask(row.customer_id, Nod.What.LOOK, sitting.pk, None, log, page)


def is_nodded(way: Way) -> bool:
    """Whether one of the Customer's managers said yes to the reason that counts now."""
    sitting, row = way.sitting(), Workspace.objects.filter(owner=way.workspace).first()
    if sitting is None or row is None or row.customer_id is None:
        return False
    return seconding.is_given(row.customer_id, Nod.What.LOOK, sitting.pk, None)


def _hold(way: Way) -> None:
    """Keep the ground as it is until the act ends.  Raises NotNow when it ended meanwhile."""
    way.ground.lock()
    if not way.ground.is_live():
        raise NotNow(OVER)


def _letter(way: Way) -> str:
    who = statement.current().recipients[way.by.role].label
    page = settings.TROTH_BASE_URLS["company"] + reverse(
        "workspace-log", "troth.config.urls", args=[way.workspace]
    )
    what = (
        "the whole of it"
        if way.ground.part_ids(way.workspace) is None
        else "only the parts that were chosen for it"
    )
    return (
        f"Somebody of our staff ({who}) begins to look into a workspace that you manage.\n\n"
        f"On which ground: {way.kind.label} {way.ground.number}\n"
        f"What it reaches: {what}\n"
        f"Until when: {way.ground.until:%-d %B %Y, %H:%M} UTC at the latest\n\n"
        f"Each look is in the workspace’s log at once:\n{page}\n"
    )


def scope(way: Way) -> dict[UUID, str]:
    """The parts that can be looked at, by name.  Runs inside the use of the look."""
    chosen = way.ground.part_ids(way.workspace)
    if chosen is None:
        return parts()
    return {row.part: row.name for row in ShownPart.objects.filter(request__number=way.ground.number)}


def look(way: Way, part: UUID, page: int) -> Sheet:
    """One page of a part, opened and put on record.  Raises NotNow, WaitForApproval, Refused."""
    way.must()
    sitting, chosen = way.sitting(), way.ground.part_ids(way.workspace)
    if sitting is None:
        raise NotNow("Please say first why you look.")
    if way.waits_for_customer:
        raise NotNow(UNASKED)
    if chosen is not None and part not in chosen:
        raise Refused(f"{way.ground.number} does not reach this part", "hosting.access")
    with opened(way.workspace), using(way.kind.purpose, by=way.by, given=way.ground), act():
        _hold(way)
        left = _left(way)
        kind = next((each for each in LOOKS if each.owns(part)), None)
        if kind is None:
            raise NotNow("This part is gone, or is of a kind that cannot be looked at from here.")
        limit = min(PER_PAGE, left)
        columns, rows, total = kind.rows(part, (page - 1) * PER_PAGE, limit)
        rows, name = rows[:limit], scope(way).get(part, "")
        Looked(
            owner_id=way.workspace, staff_id=way.by.subject, sitting=sitting, part=part, items=len(rows)
        ).save(force_insert=True)
    due = min(PER_PAGE, max(0, total - (page - 1) * PER_PAGE))
    return Sheet(name, columns, rows, total, max(0, due - len(rows)))


def _left(way: Way) -> int:
    """How many more items this person may see now.  Raises WaitForApproval for none."""
    hold(way.by.subject)  # type: ignore[arg-type]
    since = timezone.now() - HOUR
    seen = (
        Looked.objects.filter(staff=way.by.subject, at__gt=since).aggregate(Sum("items"))["items__sum"] or 0
    )
    allowed = FREE + MORE * Approval.objects.filter(owner=way.by.subject, approved_at__gt=since).count()
    if seen >= allowed:
        raise WaitForApproval(
            f"You have seen {seen} items within an hour. An administrator has to approve more than that."
        )
    return allowed - seen


def ask_for_more(way: Way) -> None:
    """Ask to see more than one person may within an hour; asking twice is asking once."""
    way.must()
    with act():
        hold(way.by.subject)  # type: ignore[arg-type]
        if not Approval.objects.filter(owner=way.by.subject, approved_at=None).exists():
            Approval(owner_id=way.by.subject, number=way.ground.number).save(force_insert=True)


def approve_more(by: Actor, which: UUID) -> None:
    """Allow somebody else to see more.  Raises Refused for one's own, NotNow when it is done already."""
    if by.role != Role.ADMINISTRATOR or by.subject is None:
        raise Refused("only an administrator approves a longer look", "hosting.access")
    with act():
        row = Approval.objects.select_for_update().filter(pk=which).first()
        if row is None or row.approved_at:
            raise NotNow("This was approved already.")
        if row.owner_id == by.subject:
            raise Refused("nobody approves their own longer look", "hosting.access")
        Approval.objects.filter(pk=row.pk).update(approver_id=by.subject, approved_at=timezone.now())


def has_rows(part: UUID) -> bool:
    """Whether a part is of a kind that can be looked at from outside; asked inside the open workspace."""
    return any(each.owns(part) for each in LOOKS)
