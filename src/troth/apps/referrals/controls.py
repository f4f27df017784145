"""How the clause on referrals is proved: from the record of what was handed to the carrier, and from what is left."""

from datetime import timedelta

from django.utils import timezone

from troth.engine.ledger import Kind
from troth.gate.journal.models import Entry
from troth.gate.outbound.mail import CARRIER
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published import statement

from . import flows
from .models import Invitee, Mark

CLAUSE = "public.referral"


@control(CLAUSE)
def nobody_is_invited_twice() -> Finding:
    """Each mark has at most one disclosure to the carrier, and no friend outlives their message."""
    marks = Mark.objects.count()
    made = Entry.objects.filter(kind=Kind.DISCLOSE, purpose=flows.PURPOSE)
    handed = made.filter(recipient=CARRIER).count()
    sent = Mark.objects.filter(state__in=(Mark.State.SENT, Mark.State.HELD)).count()
    # Between the two: one that is under way, that the carrier refused, or whose worker died.
    if not sent <= handed <= marks:
        return broken(
            f"{handed} messages for {marks} addresses",
            f"the carrier was given {handed} messages, {sent} addresses count as sent to, {marks} as tried",
        )
    if strange := set(made.exclude(recipient__in=(CARRIER, "friend")).values_list("recipient", flat=True)):
        return broken("a friend was shown to others", f"given to {', '.join(sorted(strange))}")
    if left := _left():
        return broken(
            f"{left} friends held after their message", "their addresses should be forgotten by now"
        )
    return kept(
        f"{sent} addresses invited, none twice, none kept",
        f"{marks} marks, each of one address; {handed} messages given to the carrier; "
        f"{Mark.objects.filter(state=Mark.State.UNKNOWN).count()} may have been sent and are not sent again",
    )


def _left() -> int:
    """Friends who are still here though their message went, or should have gone, longer ago than they may be kept."""
    rule = statement.current().keeps(Invitee.seals["friend_email"].category)
    kept_for = timedelta(**{rule.unit: rule.amount}) if rule else timedelta()
    now = timezone.now()
    late = Invitee.objects.filter(sent_at__lte=now - kept_for).count()
    stuck = Invitee.objects.filter(sent_at=None, made_at__lte=now - flows.WAIT - kept_for).count()
    return late + stuck
