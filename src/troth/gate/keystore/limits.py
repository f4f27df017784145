"""Limits that people put on the use of their data: a restriction of everything, objections to single purposes.

They lie beside the keys and are read with them: a limit holds from the very next read on (clause rights.ninety-days).
"""

from collections.abc import Collection, Iterable
from functools import cache

from django.db import transaction
from django.utils import timezone

from troth.engine.policy import Policy

from ..errors import GateError
from .models import DataKey, Limit
from .routing import KEYS

CLAUSE = "rights.ninety-days"

NEVER_LIMITED = frozenset({
    "showing-own-data", "answering-requests", "giving-notice", "keeping-to-retention", "proving-the-statement",
    "complying-with-law", "protecting-rights", "signing-in", "sending-mail", "supervising-mail",
})  # fmt: skip
"""What goes on under a restriction: the person's own rights, the law, letting them in, and telling them what became of
their account or their data.  The clause says so too."""

OBJECTIONABLE = (
    "personalising", "operating-and-improving", "contacting-on-our-behalf", "checking-quality", "third-party-promotion",
    "showcasing",
)  # fmt: skip
"""Purposes that rest on the Company's interest alone, to which anybody may object without a reason."""


def restrict(subject: str) -> Limit:
    """From now on the subject's data (32 hex digits) is kept and not used.  Safe to repeat."""
    return _put(subject, Limit.Kind.RESTRICTION, "")


def object_to(subject: str, purpose: str) -> Limit:
    """No more use of the subject's data for this purpose.  Raises GateError for one nobody can object to."""
    if purpose not in OBJECTIONABLE:
        raise GateError(f"nobody can object to `{purpose}`; the purposes are {', '.join(OBJECTIONABLE)}")
    return _put(subject, Limit.Kind.OBJECTION, purpose)


def _put(subject: str, kind: str, purpose: str) -> Limit:
    with transaction.atomic(using=KEYS):
        if not DataKey.objects.filter(subject=subject).update(limited=True):
            raise GateError("there is no such subject; its data was erased, or never was")
        limit, _ = Limit.objects.get_or_create(
            subject=subject, kind=kind, purpose=purpose, defaults={"since": timezone.now()}
        )
    return limit


def lift(subject: str, limit: int) -> bool:
    """Take one of the subject's own limits away; False when it is not there."""
    with transaction.atomic(using=KEYS):
        gone, _ = Limit.objects.filter(subject=subject, pk=limit).delete()
        if gone and not Limit.objects.filter(subject=subject).exists():
            DataKey.objects.filter(subject=subject).update(limited=False)
    return bool(gone)


def of(subject: str) -> list[Limit]:
    """The subject's limits, oldest first."""
    return list(Limit.objects.filter(subject=subject).order_by("since", "pk"))


def move(one: str, into: str) -> None:
    """Two subjects are one person: the limits of both hold."""
    for limit in of(one):
        _put(into, limit.kind, limit.purpose)


def standing(subjects: Collection[str], policy: Policy, purpose: str) -> dict[str, str]:
    """Which of the subjects stop a use for this purpose, and in which words."""
    if purpose in NEVER_LIMITED or not subjects:
        return {}
    covering, found = _above(policy, purpose), dict[str, str]()
    for limit in Limit.objects.filter(subject__in=subjects):
        if limit.kind == Limit.Kind.RESTRICTION:
            found[limit.subject] = "the person restricted the use of their data"
        elif limit.purpose in covering:
            found.setdefault(limit.subject, f"the person objected to `{limit.purpose}`")
    return found


@cache
def _above(policy: Policy, purpose: str) -> frozenset[str]:
    """The purpose and all that it stands under."""
    return frozenset(_upwards(policy, purpose))


def _upwards(policy: Policy, purpose: str) -> Iterable[str]:
    name: str | None = purpose
    while name is not None and name in policy.purposes:
        yield name
        name = policy.purposes[name].parent
