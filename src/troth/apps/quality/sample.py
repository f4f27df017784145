"""The sample's built-in check: a duty for a year, and one run."""

from datetime import timedelta

from django.utils import timezone

from troth.gate.duties import registering
from troth.gate.duties.models import Duty

from . import proposing

LOOKS_AT = ("contact.name", "contact.company", "contact.address", "contact.phone", "contact.email")


def fill() -> None:
    """Begin the duty and look once."""
    if proposing.built_in() is None:
        until = timezone.now() + timedelta(days=365)
        registering.begin(
            registering.Wanted("system", proposing.RULE.name, LOOKS_AT, until, Duty.Channel.HERE)
        )
        proposing.check_due()
