"""Keys of the API, and programs that come by them."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.workspaces.customers import at, submission
from troth.apps.api import keys
from troth.apps.records import flows, shape
from troth.apps.records.models import Collection, Field, Finding, Kind, Record
from troth.apps.records.shape import Draft
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

API = "/api/v1/workspace"
POTS = (
    Draft("Glaze", finding=Finding.PLAIN, is_required=True), Draft("Buyer", Kind.EMAIL, Finding.SEARCHABLE),
    Draft("Number", finding=Finding.UNIQUE), Draft("Price", Kind.NUMBER, Finding.PLAIN), Draft("Sold", Kind.BOOLEAN),
    Draft("Notes"),
)  # fmt: skip


class Program:
    """A program that has a key, and nothing else."""

    def __init__(self, key: str) -> None:
        self.key, self._client = key, Secure(SERVER_NAME="localhost")

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request below the API's address."""
        told: dict[str, Any] = {
            "content_type": "application/json",
            "headers": {"Authorization": f"Bearer {self.key}", **headers},
        }
        return self._client.generic(method, API + path, "" if body is None else _text(body), **told)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, {} if body is None else body, **headers)


def _text(body: Any) -> Any:
    return body if isinstance(body, bytes | str) else json.dumps(body)


def key(
    by: Access, right: Right = Right.EDIT, part: UUID | None = None, days: float = 30, name: str = "Shop"
) -> str:
    """A new key."""
    made = keys.make_key(by, name, right, part, timezone.now() + timedelta(days=days))
    assert made is not None
    return made


def program(by: Access, right: Right = Right.EDIT, part: UUID | None = None) -> Program:
    """A program with a new key."""
    return Program(key(by, right, part))


def pots(here: Access, name: str = "Pots") -> tuple[Collection, dict[str, UUID]]:
    """A collection with a field of each way to be found."""
    made = shape.make_collection(here, name, POTS)
    with enter(here):
        return made, {field.name: field.pk for field in Field.objects.filter(collection=made)}


def pot(here: Access, into: Collection, fields: dict[str, UUID], **values: str) -> Record:
    """A record."""
    return flows.make_record(
        here, into, {fields[name]: value for name, value in {"Glaze": "Ash", **values}.items()}
    )


def make_by_page(client: Client, to: Access, **more: str) -> Any:
    """Fill in the form that makes a key."""
    page = at(to, "api/")
    last = (timezone.now() + timedelta(days=30)).date().isoformat()
    told = {
        "name": "Shop",
        "right": "view",
        "part": "",
        "last_day": last,
        "submission": submission(client.get(page)),
    }
    return client.post(page, {**told, **more})


def shown_key(page: Any) -> str:
    """The key that a page shows."""
    found = re.search(r'id="new-key">([^<]+)<', page.content.decode())
    assert found, page.content.decode()
    return found[1]
