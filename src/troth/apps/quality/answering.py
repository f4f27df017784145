"""Whoever a proposal is about accepts or declines it; then it is a correction of their own (clause rights.update)."""

from uuid import UUID

from django.utils import timezone

from troth.accounts.people import flows
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Person
from troth.gate.telling.models import Correction
from troth.gate.uses import act

from .models import Proposal

State = Proposal.State


def waiting(owner: UUID, pk: UUID) -> Proposal:
    """A proposal that waits for its owner.  Raises NotNow for anything else."""
    found: Proposal | None = Proposal.objects.filter(pk=pk, owner=owner, state=State.WAITING).first()
    if found is None:
        raise NotNow("This proposal is not waiting any more.")
    return found


def accept(person: Person, pk: UUID) -> list[str]:
    """Take the proposed value over; returns the fields that changed.  Raises NotNow.

    The correction is the person's own, and everybody who had the old value is told.  What a crash leaves between the
    correction and the mark is accepted once more, and then nothing is different.
    """
    proposal = waiting(person.owner_id, pk)
    if proposal.field not in flows.CORRECTED or not proposal.has_value:
        raise NotNow("This is changed on its own page of your account.")
    if is_stale(proposal):
        raise NotNow("You changed this yourself since it was proposed, so the proposal is over.")
    with flows.as_themselves(person, writes=False):
        value = str(getattr(proposal, proposal.field))
    changed = flows.correct(person, {proposal.field: value})
    _close(proposal, State.ACCEPTED)
    return changed


def decline(owner: UUID, pk: UUID) -> None:
    """Leave it as it is; the same is not proposed again.  Raises NotNow."""
    _close(waiting(owner, pk), State.DECLINED)


def _close(proposal: Proposal, state: str) -> None:
    with act():
        still = Proposal.objects.filter(pk=proposal.pk, state=State.WAITING)
        if not still.update(state=state, answered_at=timezone.now()):
            raise NotNow("This proposal is not waiting any more.")


def is_stale(proposal: Proposal) -> bool:
    """Whether the field was corrected after the value was proposed."""
    category = Proposal.seals[proposal.field].category
    later = Correction.objects.filter(owner=proposal.owner_id, category=category, at__gt=proposal.made_at)
    return later.exists()
