"""A chat room and who is in it, for the tests of chat."""

import re
from typing import Any

from django.test import Client

from tests.apps.conftest import Secure
from troth.accounts.people.models import Person

KILN = "/chat/kiln/"
LINES = f"{KILN}lines"


def window(who: Person | None = None) -> Client:
    """A browser on the community host, of somebody who is signed in there or of a visitor."""
    client = Secure(SERVER_NAME="community.localhost")
    if who is not None:
        client.force_login(who.user)
    return client


def submission(client: Client) -> str:
    found = re.search(r'name="submission" value="([^"]+)"', client.get(KILN).content.decode())
    assert found
    return found[1]


def say(client: Client, body: str = "It is hot.", name: str = "Alice A.", **changes: Any) -> Any:
    """Send the composer of the room."""
    headers = changes.pop("headers", None)
    sent = {
        "submission": submission(client),
        "body": body,
        "signed_as": name,
        "afterwards": "keep",
        **changes,
    }
    return client.post(KILN, sent, headers=headers)


def tag_of(client: Client) -> str:
    """The state that a browser's page shows."""
    return str(client.get(KILN).context["state"].tag)


def ask(client: Client, tag: str, every: float = 2, **headers: str) -> Any:
    """What a page's script asks."""
    return client.get(f"{LINES}?after={tag}&every={every}", headers={"If-None-Match": f'"{tag}"', **headers})


def news_since(client: Client, tag: str) -> str:
    answer = ask(client, tag)
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text
