"""Letters to people about the archive that they asked for on their own page."""

from django.conf import settings
from django.urls import reverse

from troth.accounts.people import notices
from troth.gate.export.models import Export

READY = (
    "The file with your data that you asked for is ready:\n\n{}\n\n"
    "It waits there until {}. The page opens for you alone, while you are signed in.\n"
    "Downloading does not delete anything.\n"
)
NOT_MADE = (
    "The file with your data that you asked for could not be put together. Nothing was sent to anybody.\n\n"
    "You can ask for it again:\n\n{}\n\nIf it fails again, please write to us.\n"
)


def tell_ready(export: Export) -> None:
    """Write to the person that the archive waits; the link opens for them alone, signed in."""
    until = f"{export.expires_at:%d %B %Y, %H:%M} UTC" if export.expires_at else "it is fetched"
    notices.tell(export.owner_id, "Your data is ready to be fetched", READY.format(_page(), until))


def tell_failed(export: Export) -> None:
    """Write to the person that the archive could not be made; without an account the request desk tells them."""
    notices.tell(export.owner_id, "Your data could not be put together", NOT_MADE.format(_page()))


def _page() -> str:
    return settings.TROTH_BASE_URLS["company"] + reverse("own-export", "troth.config.urls")
