"""Where recipients, stores and staff sit: each has a country (clause transfer.global)."""

from dataclasses import dataclass

from django.conf import settings

from troth.accounts.models import Role, StaffMember
from troth.gate.countries import countries
from troth.gate.telling import recipients

MAIL = "mail-carrier"


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody or something that holds data, or looks at it, and its country by ISO 3166-1 (blank: not known)."""

    what: str
    name: str
    country: str


def listed() -> list[Place]:
    """All of them; of staff by role and country, not by name."""
    found = [
        Place("recipient", recipients.name(word), entry["country"])
        for word, entry in sorted(settings.TROTH_RECIPIENTS.items())
    ]
    if MAIL not in settings.TROTH_RECIPIENTS:
        found.append(Place("recipient", recipients.label(MAIL), settings.TROTH_CARRIER_COUNTRY))
    found += [
        Place("recipient", recipients.label(told["recipient"]), told["country"])
        for told in settings.TROTH_PROCESSORS.values()
        if told["recipient"] not in settings.TROTH_RECIPIENTS
    ]
    found += [Place("store", name, country) for name, country in settings.TROTH_STORES.items()]
    staff = sorted(set(StaffMember.objects.values_list("role", "country")))
    return found + [
        Place("staff", recipients.label(role) if role in Role.values else role, where)
        for role, where in staff
    ]


def without_country() -> list[str]:
    """Those whose country is missing, or is none."""
    return [f"{place.what} {place.name}" for place in listed() if place.country not in countries()]
