"""Reminders where nobody, or only the owner, is there to read them."""

from django.test import Client

from tests.apps.rights_people import again, asked, back_dated
from tests.cast import durable, staff
from troth.accounts.models import StaffMember
from troth.apps.rights.reminding import remind
from troth.gate.outbound.models import Message
from troth.gate.uses import SYSTEM, using

pytestmark = durable


def letters(role: str) -> list[str]:
    """What was mailed to staff of a role, subject and text, oldest first."""
    with using("sending-mail", by=SYSTEM):
        owners = [member.owner_id for member in StaffMember.objects.filter(role=role)]
        found = Message.objects.filter(owner__in=owners).order_by("queued_at", "pk")
        return [f"{each.subject}\n{each.body}" for each in found]


def test_without_a_privacy_officer_the_owner_is_reminded(victor: Client) -> None:
    staff("owner", "olga@iplum.example")
    row = asked(victor)
    for gone in (31, 61, 77):
        back_dated(row, gone)
        remind()
    assert len(letters("owner")) == 3 and "No privacy officer is appointed" in letters("owner")[0]


def test_what_nobody_could_be_reminded_of_is_said_once_somebody_is_there(victor: Client) -> None:
    row = asked(victor)
    back_dated(row, 61)
    assert remind() == 0 and again(row).reminded == []
    staff("privacy-officer", "petra@iplum.example")
    assert remind() == 1 and again(row).reminded == [60, 30]
    assert len(letters("privacy-officer")) == 1


def test_an_officer_whose_sign_in_is_closed_reads_no_reminders(victor: Client) -> None:
    gone = staff("privacy-officer", "petra@iplum.example")
    staff("owner", "olga@iplum.example")
    gone.user.is_active = False
    gone.user.save()
    back_dated(asked(victor), 61)
    assert remind() == 1 and len(letters("owner")) == 1 and not letters("privacy-officer")
