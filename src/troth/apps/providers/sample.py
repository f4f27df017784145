"""The sample's providers: a call centre with a call list, and a mailer with a service notice."""

import uuid
from datetime import date, timedelta

from django.utils import timezone

from troth.gate.duties import contracts, handing, registering, reporting
from troth.gate.duties.models import Duty
from troth.gate.duties.rules import Said

NOTICE = (
    "On Sunday between 4 and 5 in the morning (UTC) we move to new machines. The Services are away for a few minutes; "
    "nothing of yours changes."
)
SAID = "Wants their accountant to see one project until the end of March. Will try the records this week."
CONTRACTS = (("call-centre", "2026-07"), ("mailer", "2026-11"), ("quality-checker", "2026-12"))
YEAR = timedelta(days=365)


def fill() -> None:
    """Contracts and two duties; the call centre has fetched its list once, and called the first on it."""
    if Duty.objects.exists():
        return
    for recipient, number in CONTRACTS:
        contracts.keep_contract(recipient, number, date(2026, 1, 15), None)
    until = timezone.now() + YEAR
    calls = registering.begin(
        registering.Wanted(
            "call-centre", "asked-for-a-call", ("contact.name", "contact.company", "contact.phone"), until
        )
    )
    registering.begin(
        registering.Wanted(
            "mailer", "people-with-accounts", ("contact.name", "contact.email"), until, Duty.Channel.FILE,
            notice=NOTICE,
        )
    )  # fmt: skip
    for record in handing.hand_over(calls).records[:1]:
        reporting.report(calls, record.mark, Said(uuid.uuid4(), "reached", SAID, {}))
