"""Letters to people about what they asked for on their own page."""

from django.conf import settings
from django.urls import reverse

from troth.accounts.people.models import Person
from troth.gate.export.models import Export
from troth.gate.outbound.mail import enqueue
from troth.gate.uses import SYSTEM, act, using

NOT_MADE = (
    "The file with your data that you asked for could not be put together. Nothing was sent to anybody.\n\n"
    "You can ask for it again:\n\n{}\n\nIf it fails again, please write to us.\n"
)


def tell_failed(export: Export) -> None:
    """Write to the person that the archive could not be made.

    The purpose is one that no restriction limits: who had their data left alone still learns what they asked for.
    """
    person = Person.objects.filter(owner=export.owner_id).first()
    if person is None:  # then it was asked for at the request desk, which tells them
        return
    page = settings.TROTH_BASE_URLS["company"] + reverse("own-export", "troth.config.urls")
    with using("sending-mail", by=SYSTEM), act():
        enqueue(export.owner_id, person.email, "Your data could not be put together", NOT_MADE.format(page))
