"""The line to the mail relay: STARTTLS, with the relay's name and its authority checked, or nothing is sent."""

import ssl
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class RelayBackend(EmailBackend):
    """Django's, with an authority of one's own where `TROTH_SMTP_AUTHORITY` names one."""

    @property
    def ssl_context(self) -> Any:
        """Checks the name and the chain, and speaks TLS 1.2 or newer."""
        context = ssl.create_default_context(cafile=settings.TROTH_SMTP_AUTHORITY or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context
