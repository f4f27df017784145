"""The sandbox's credit checking service, as seen from the house (`troth.sandbox.credit` is the service)."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from urllib.parse import urlsplit

from django.conf import settings

from .credit import CheckerAway, Inquiry, Opinion, opinion_of

TIMEOUT = 8.0
MOST = 20_000
"""Bytes of an answer."""


class Sandbox:
    """Answers by the name of the company; knows nobody."""

    @contextmanager
    def line(self) -> Iterator["_Line"]:
        """See `Checker`."""
        origin, secret = urlsplit(settings.TROTH_CREDIT["origin"]), settings.TROTH_CREDIT["secret"]
        if not origin.port or not secret:
            raise CheckerAway("none is set up: the sandbox is the demo's")
        context = ssl.create_default_context(cafile=str(settings.TROTH_AUTHORITY or "") or None)
        opened = http.client.HTTPSConnection("127.0.0.1", origin.port, timeout=TIMEOUT, context=context)
        try:
            opened.connect()
        except OSError as error:
            raise CheckerAway(type(error).__name__) from None
        try:
            yield _Line(opened, secret)
        finally:
            opened.close()


class _Line:
    def __init__(self, opened: http.client.HTTPSConnection, secret: str) -> None:
        self._opened, self._secret = opened, secret

    def ask(self, inquiry: Inquiry) -> Opinion:
        """See `Line`."""
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        try:
            self._opened.request("POST", "/v1/credit", json.dumps(asdict(inquiry)).encode(), headers)
            answer = self._opened.getresponse()
            body = answer.read(MOST)
            if answer.status != 200:
                raise CheckerAway(f"it answered {answer.status}")
            return opinion_of(json.loads(body))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CheckerAway(type(error).__name__) from None
