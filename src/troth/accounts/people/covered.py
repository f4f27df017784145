"""Whom a mailing covers: people with an account, for service notices sent on our behalf (clause share.providers)."""

from django.db.models import QuerySet

from troth.gate.duties.rules import Rule
from troth.gate.registry import serves

from .models import Person

PURPOSE = serves("contacting-on-our-behalf")


def rows() -> "QuerySet[Person]":
    """Everybody who has an account."""
    found: QuerySet[Person] = Person.objects.filter(proven_at__isnull=False)
    return found


def covers(row: Person) -> bool:
    """The same, of one person."""
    return row.proven_at is not None


RULE = Rule(
    name="people-with-accounts", label="people with an account", purpose=PURPOSE, model=Person, rows=rows,
    covers=covers, outcomes={"sent": "sent", "failed": "could not be sent"},
)  # fmt: skip
