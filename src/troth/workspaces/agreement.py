"""The Subscription Agreement and who accepted it: nobody's data is hosted before (agreement.services)."""

from uuid import UUID

from django.db import IntegrityError

from troth.gate.published import statement
from troth.gate.uses import Actor, act

from .models import Acceptance


def text_hash() -> str:
    """The hash of the agreement in force."""
    return statement.agreement().version


def is_accepted(customer: UUID) -> bool:
    """Whether a Customer accepted the agreement in force."""
    return Acceptance.objects.filter(owner=customer, agreement_hash=text_hash()).exists()


def accept(customer: UUID, by: Actor) -> None:
    """Keep that a Customer's owner accepted it; once is enough."""
    try:
        with act():
            Acceptance(owner_id=customer, by_id=by.subject, agreement_hash=text_hash()).save(
                force_insert=True
            )
    except IntegrityError:
        if not is_accepted(customer):
            raise


def acceptance_of(customer: UUID | None) -> Acceptance | None:
    """When a Customer last accepted an agreement."""
    return Acceptance.objects.filter(owner=customer).order_by("accepted_at").last() if customer else None
