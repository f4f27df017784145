"""The letters to recipients: what happened, which of their records it is about, what to do.  Never whose it was."""

from datetime import timedelta

from django.conf import settings

from .models import Told
from .recipients import Registered, kind

LINK_LIVES = timedelta(days=90)

ERASED = "Please delete what we passed on to you"
DUTY_ENDED = "A duty has ended: please delete what you hold"
CORRECTED = "Please correct what we passed on to you"
REMINDER = "Reminder: "

ABOUT_ERASURE = """Data that we had passed on to you was deleted, at the wish of the
person or because its time was over. Please delete what you hold of it
too, with your copies."""

ABOUT_DUTY = """A duty of yours has ended, and with it access to what we passed on to
you under it. Please delete what you hold of it, with your copies."""

ABOUT_CORRECTION = """Data that we had passed on to you was corrected: {kind}.
Please do not use the old value any more. The page below says whether
we may give you the new one; where we may not, please delete the old."""

ABOUT_WITHDRAWAL = """Somebody took back what they had let us share with you. Please delete
what you hold of it, with your copies."""

BODY = """To the privacy desk of {name}

{about}

Your records are those with {these}:

{references}

When it is done, please say so on this page. The link works for {days} days:

{link}

Our number for this: {number}

{company}, {email}
"""


def letter(told: Told, to: Registered, link: str, *, is_reminder: bool) -> tuple[str, str]:
    """Subject and text of the message to a recipient's desk."""
    company = settings.TROTH_COMPANY["company"]
    title, about = {
        Told.Kind.ERASURE.value: (ERASED, ABOUT_ERASURE),
        Told.Kind.DUTY.value: (DUTY_ENDED, ABOUT_DUTY),
        Told.Kind.WITHDRAWAL.value: (ERASED, ABOUT_WITHDRAWAL),
    }.get(told.kind, (CORRECTED, ABOUT_CORRECTION.format(kind=kind(told.category))))
    body = BODY.format(
        name=to.name, about=about, references=told.references, link=link, number=told.pk.hex,
        these="this reference" if told.count == 1 else f"these {told.count} references", days=LINK_LIVES.days,
        company=company["name"], email=company.get("privacy-email", company["email"]),
    )  # fmt: skip
    return (REMINDER if is_reminder else "") + title, body
