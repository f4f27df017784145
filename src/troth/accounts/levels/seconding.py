"""A second person's yes: asked for, given by a manager of the company, good for an hour."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow, acting, company_of, held, must_manage
from troth.accounts.people.models import MANAGERS, Membership
from troth.gate.errors import Refused
from troth.gate.uses import act, using

from .models import Nod

GOOD_FOR = timedelta(hours=1)
ASKED_FOR = timedelta(days=1)
"""For how long a nod that nobody gave is asked for."""


def waiting(customer: UUID) -> list[Nod]:
    """What somebody is asked to say yes to."""
    since = timezone.now() - ASKED_FOR
    return list(Nod.objects.filter(owner=customer, given_at=None, asked_at__gt=since))


def is_given(customer: UUID, what: str, about: UUID, asker: UUID | None) -> bool:
    """Whether a yes for exactly this, to exactly this person, is less than an hour old."""
    since = timezone.now() - GOOD_FOR
    return bool(
        Nod.objects.filter(owner=customer, what=what, about=about, asker=asker, given_at__gt=since).exists()
    )


def ask(customer: UUID, what: str, about: UUID, asker: UUID | None, page: str, link: str) -> None:
    """Ask the company's managers; asking again within a day is asking once.  Part of an act, or one of its own."""
    with nullcontext() if transaction.get_connection().in_atomic_block else act():
        held(customer)
        if any((each.what, each.about, each.asker_id) == (what, about, asker) for each in waiting(customer)):
            return
        Nod(owner_id=customer, asker_id=asker, what=what, about=about, page=page).save(force_insert=True)
        for place in Membership.objects.filter(customer=customer, role__in=MANAGERS):
            if place.owner_id != asker:
                notices.put(
                    place.owner_id,
                    "A second person is asked for",
                    LETTER.format(what=WORDS[Nod.What(what)], link=link),
                )


WORDS = {
    Nod.What.EXPORT: "Somebody wants to download a collection, or the answer of a query, from your workspace.",
    Nod.What.LOOK: "Our support wants to look at what a request for help opened to them, for an hour.",
}
LETTER = (
    "{what}\nYour company’s settings ask for a second person’s yes to that.\n\n"
    "To see what it is, and say yes or nothing:\n{link}\n"
)


def give(by: Membership, which: UUID) -> None:
    """Say yes.  Raises Refused for one's own wish, and for whoever does not manage; NotNow when it is over."""
    must_manage(by)
    customer = company_of(by)
    with using("running-an-account", by=acting(by), given=customer), act():
        held(by.customer_id)
        row = next((each for each in waiting(by.customer_id) if each.pk == which), None)
        if row is None:
            raise NotNow("This was answered already, or was asked too long ago.")
        if row.asker_id == by.owner_id:
            raise Refused("nobody is the second person to their own wish", "security.settings")
        _ = customer.name  # read, so that the yes stands in the record
        Nod.objects.filter(pk=row.pk).update(giver_id=by.owner_id, given_at=timezone.now())
