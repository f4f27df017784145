"""Browsers on the community host, and the shortest way through its forms."""

import re
from typing import Any

from django.test import Client

from tests.apps.conftest import Secure
from troth.accounts.people.models import Person

FIELDS = {"body": "The kiln holds its heat until noon.", "signed_as": "Alice A.", "afterwards": "keep"}


def visiting(who: Person | None = None) -> Client:
    """A browser on the community host: somebody's, or Victor's."""
    client = Secure(SERVER_NAME="community.localhost")
    if who is not None:
        client.force_login(who.user)
    return client


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()
    return str(answer.content.decode())


def write(client: Client, page: str, **changes: Any) -> Any:
    """Fill in the box of a page as it is shown, and press the button."""
    found = re.search(r'name="submission" value="([^"]+)"', text_of(client, page))
    assert found
    return client.post(page, {**FIELDS, **changes, "submission": found[1]})


def again(client: Client, page: str, answer: Any, **changes: Any) -> Any:
    """Press the button of the page that came back."""
    shown = answer.content.decode()
    hidden = dict(re.findall(r'type="hidden" name="(seen|submission)" value="([^"]+)"', shown))
    return client.post(page, {**FIELDS, **changes, **hidden})
