"""Whom a request stands for: every subject under its address, but no account that is guarded better than the proof.

A second step guards an account against whoever reads its mail, and against whoever talks our staff into believing them.
"""

from collections.abc import Iterable
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.urls import reverse

from troth.accounts.people.models import Person
from troth.gate.subjects import find

from .models import CLOSED, Request

COVERED = "A request about your data covers your account"


def known_as(row: Request, address: str) -> set[UUID]:
    """Whom the proven address stands for.

    An account that only asks to move here is not known by it.  Subjects of other requests that still wait for an answer
    are left alone.
    """
    people = _with_account(address)
    waiting = Request.objects.exclude(state__in=CLOSED).exclude(pk=row.pk)
    others = set(waiting.values_list("owner_id", flat=True)) - {person.owner_id for person in people}
    found = find.unproven(address) | {person.owner_id for person in people} | {row.owner_id}
    return found - out_of_reach(row, people) - others


def is_account_left_out(row: Request, address: str) -> bool:
    """Whether an account under the address is opened by signing in alone."""
    return bool(out_of_reach(row, _with_account(address)))


def out_of_reach(row: Request, people: Iterable[Person]) -> set[UUID]:
    """Those with a second step, unless they signed in to ask: neither a mailed code nor our staff's word is enough."""
    if row.identity == Request.Identity.SIGNED_IN:
        return set()
    return {each.owner_id for each in people if each.owner_id != row.owner_id and is_mfa_enabled(each.user)}


def _with_account(address: str) -> list[Person]:
    return list(Person.objects.lookup(email=address).exclude(proven_at=None))


def warning(row: Request) -> str:
    """What an account is told that our staff's word has opened."""
    base = settings.TROTH_BASE_URLS["company"]
    security, contact = (
        base + reverse(name, "troth.config.urls") for name in ("account_security", "contact")
    )
    return (
        f"Somebody asked us about the data under this address (request {row.number}: {row.get_kind_display()}). Our"
        " privacy officer has made sure that it was you, so the request covers your account, too.\n\n"
        "If it was you, there is nothing to do. If not, sign in at once and set up a second step. Then the request does"
        f" not reach your account any more:\n{security}\n\nAnd write to us: {contact}\n"
    )
