"""How the clauses on access to Customer Data are proved: from the record, and by trying."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from uuid import UUID

from troth.accounts.models import Role
from troth.engine.ledger import Kind
from troth.engine.policy import Permit, Policy
from troth.gate.journal.details import Named, of_subjects
from troth.gate.journal.models import Entry
from troth.gate.proving import probing
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published import statement
from troth.gate.subjects.models import DataSubject
from troth.gate.subjects.models import Kind as Subject
from troth.workspaces import company
from troth.workspaces.models import Workspace

from . import grounds
from .models import SITTING, Sitting

LOOKED = (Kind.COLLECT, Kind.USE, Kind.DISCLOSE)
OURS = ("company", "system", *Role.values)
CUSTOMER_DATA = "customer-data"
OPENING = frozenset({"hosting.access", "agreement.grounds", "security.environment", "share.legal"})
"""The clauses under which the Company may use Customer Data at all: the four grounds, defence, and law."""
PLAIN = tuple(
    " ".join(sorted(clauses))
    for ground in (set(), {"hosting.access"}, {"agreement.grounds"})
    for taken in (set(), {"hosting.submit"})
    if (clauses := ground | taken)
)
SLACK = timedelta(seconds=5)
"""A use is dated to the second, and by the moment in which it ended."""


@control("hosting.access")
def each_look_has_a_ground() -> Finding:
    """Each use of a workspace by staff names a ground that covered it then, and a reason that was given for it.

    What the Company keeps of Customers in its own workspace is under the rules for that (clause security.same).
    """
    ours = company.workspace()
    own = UUID(str(ours.owner_id)).hex if ours else ""
    looks = [
        look
        for look in _of_workspaces(recipient__in=Role.values)
        if look.subject != own or not _is_about_customers(look)
    ]
    wrong = {look.entry: why for look in looks if (why := _fault(look))}
    if wrong:
        said = "; ".join(f"{entry[:8]}: {why}" for entry, why in sorted(wrong.items())[:5])
        return broken(f"{len(wrong)} looks on no ground", said)
    return kept(
        f"{len(looks)} looks of staff, each on a ground",
        f"of {len(looks)} uses of workspaces by staff each has a live ground, its scope and a reason on record;"
        f" {sum(1 for _ in _workspaces())} workspaces",
    )


def _is_about_customers(look: Named) -> bool:
    """Whether a use names what was used or taken in, and none of it is Customer Data."""
    named = [*look.used, *look.collected]
    return bool(named) and not any(map(_is_of, named))


def _fault(look: Named) -> str:
    """What is missing to a look of staff; blank when nothing is."""
    named = look.ground.partition(" ")[2]
    found = grounds.find(named) if named else None
    if found is None:
        return "no ground"
    kind, row = found
    since, workspace = kind.since(row), UUID(look.subject)
    if look.role not in kind.roles or look.purpose != kind.purpose:
        return f"{named} is no ground for this role"
    if workspace not in row.workspaces():
        return f"{named} does not reach this workspace"
    if since is None or not since - SLACK <= look.at <= row.until + SLACK:
        return f"{named} was not live"
    if kind.has_reasons:
        return ""
    sittings = Sitting.objects.filter(owner=workspace, number=named, role=look.role)
    is_told = sittings.filter(begun_at__gte=look.at - SITTING - SLACK, begun_at__lte=look.at + SLACK).exists()
    return "" if is_told else f"no reason was given on {named}"


@control("hosting.no-review")
def nobody_reviews_it() -> Finding:
    """Customer Data was used by the Company on the four grounds only, and shared or joined by nobody."""
    if opened := _opened_by(statement.current()) - OPENING:
        return broken("the statement opens Customer Data", f"opened by {', '.join(sorted(opened))}")
    if gone := [
        row.entry[:8]
        for row in _of_workspaces(kind=Kind.DISCLOSE)
        if _outside(row.disclosed, {"share.legal"})
    ]:
        return broken(f"{len(gone)} disclosures of Customer Data", f"entries {', '.join(gone[:3])}")
    used = [*_of_workspaces(recipient__in=Role.values), *_unusual_uses_of_the_system()]
    if wrong := [row.entry[:8] for row in used if _outside(row.used, OPENING)]:
        return broken(f"{len(wrong)} uses outside the grounds", f"entries {', '.join(wrong[:3])}")
    for role in Role.values:
        if probing.closed_to(role, "supporting", Workspace, "name") is None:
            return broken(
                "the gate let a look go", f"`{role}` was not refused without a ground, and put on record"
            )
    return kept(
        "0 looks outside the grounds",
        f"no disclosure of it on record; {len(Role.values)} planted looks without a ground were refused, and are on"
        f" record; only {', '.join(sorted(OPENING))} may open it",
    )


def _outside(named: dict[str, str], clauses: set[str] | frozenset[str]) -> bool:
    return any(_is_of(category) and clause not in clauses for category, clause in named.items())


def _workspaces() -> Iterator[str]:
    for pk in DataSubject.objects.filter(kind=Subject.WORKSPACE).values_list("pk", flat=True).iterator():
        yield pk.hex


def _of_workspaces(**which: object) -> Iterator[Named]:
    """The workspaces' parts of some entries that tell of a use."""
    return of_subjects(list(_workspaces()), Entry.objects.filter(**{"kind__in": LOOKED, **which}))


def _unusual_uses_of_the_system() -> Iterator[Named]:
    """What the system did beside jobs and taking in; those are too many to open, and `use.requested` looks at them."""
    entries = Entry.objects.filter(kind__in=LOOKED, recipient="system").exclude(clauses__in=PLAIN)
    return of_subjects(list(_workspaces()), entries)


@cache
def _opened_by(policy: Policy) -> frozenset[str]:
    """The clauses under which the Company may use Customer Data, or anybody share or join it."""
    return frozenset(
        decision.clause
        for action, category, purpose, recipient in policy.cells()
        if _is_of(category) and (action in ("share", "join") or (action == "use" and recipient in OURS))
        for given in policy.alternatives(action, category, purpose, recipient)
        if isinstance(decision := policy.decide(action, category, purpose, recipient, given), Permit)
    )


def _is_of(category: str) -> bool:
    return category.partition(".")[0] == CUSTOMER_DATA
