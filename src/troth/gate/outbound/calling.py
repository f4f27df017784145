"""One request to a payment processor, over a line of its own: what left us was disclosed before (`payments.ask`)."""

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from .payments import ProcessorAway

TIMEOUT = 8.0
"""Seconds that a processor has for its answer: a buyer waits for it."""
MOST = 200_000
"""Bytes of an answer."""


def call(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], authority: str = ""
) -> tuple[int, bytes]:
    """The status and the body of an answer; `authority` is whose certificates are taken, all the machine trusts if blank.

    Raises ProcessorAway, which names neither the address nor what was said.
    """
    parts = urlsplit(url)
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=authority or None)
            line: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=TIMEOUT, context=context
            )
        else:
            line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
        line.request(
            method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, dict(headers)
        )
        answer = line.getresponse()
        told = answer.status, answer.read(MOST)
        line.close()
    except (OSError, http.client.HTTPException) as error:
        raise ProcessorAway(type(error).__name__) from None
    return told
