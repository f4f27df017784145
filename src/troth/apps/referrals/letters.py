"""The one message: who asked us to write, why, one link to visit, one never to hear from us again.

It is plain text, so that it can fetch nothing; neither link says which friend followed it to visit.
"""

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from troth.gate.outbound.once import Letter

SITE = "troth.config.urls"
SAMPLE_TOKEN = "a-number-of-its-own"  # noqa: S105 - shown in the preview, opens nothing


def visit_link(code: UUID | None) -> str:
    """Where the friend comes to visit us: by the link of whoever referred them, the same for each of their friends."""
    base = settings.TROTH_BASE_URLS["company"]
    return base + (reverse("refer-visit", SITE, args=[code]) if code else reverse("home", SITE))


def never_link(token: str) -> str:
    """Where the friend says that they never want to hear from us again."""
    return str(settings.TROTH_BASE_URLS["company"]) + reverse("refer-never", SITE, args=[token])


def letter(your_name: str | None, friend_name: str, code: UUID | None, token: str) -> Letter:
    """The message to a friend.  Whoever refers them may leave their own name out."""
    company = settings.TROTH_COMPANY["company"]
    who, base = your_name or "Somebody who knows you", settings.TROTH_BASE_URLS["company"]
    told = f"{who} is told that somebody came by this link, and not who.\n\n" if code else ""
    return Letter(
        f"{who} invites you to visit {company['name']}",
        f"Hello {friend_name},\n\n"
        f"{who} thinks that you may like what {company['name']} does, and asked us to invite you to visit our site:\n\n"
        f"{visit_link(code)}\n\n{told}"
        f"This is the only message you get from us. {who} gave us your name and address for it. Both are deleted as"
        " soon as it is sent. What stays is a mark from which your address cannot be read: by it we know not to invite"
        " you a second time, whoever asks.\n\n"
        f"If you never want to hear from us, open this page and press its button:\n\n{never_link(token)}\n\n"
        f"--\n{company['legal-name']}, {', '.join(company['address'])}\n"
        f"What we may do with anything you tell us: {base}{reverse('statement', SITE)}\n",
    )
