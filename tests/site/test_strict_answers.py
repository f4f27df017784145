"""What every address of every host answers with, whoever asks: nothing is framed, sniffed, leaked or left in a cache."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.apps.conftest import Secure
from tests.apps.privacy_people import browser, person
from tests.cast import durable, staff
from troth.config.browsers import PERMISSIONS

pytestmark = [durable, pytest.mark.filterwarnings("ignore:No directory at:UserWarning")]

HOSTS = {
    "localhost": "troth.config.urls", "community.localhost": "troth.config.urls_community",
    "workspace.localhost": "troth.config.urls_workspace",
}  # fmt: skip
SOME = {
    "uuid": str(UUID(int=7)), "int": "7", "str": "word", "slug": "word", "path": "word/word", "date": "2026-01-01",
}  # fmt: skip
DIRECTIVES = {
    "default-src 'none'", "script-src 'self'", "connect-src 'self'", "style-src 'self'", "base-uri 'none'",
    "frame-ancestors 'none'",
}  # fmt: skip
TYPES = r"text/[a-z-]+; charset=\"?utf-8\"?|application/[a-z.+-]+(; charset=utf-8)?|image/[a-z+]+"
"""Whatever is text says in which letters; `application/json` is UTF-8 by its own standard (RFC 8259)."""
FOR_ALL = {
    "company-css", "statement-css", "log-checkpoint", "log-checkpoint-at", "log-consistency", "log-vkey", "log-tile",
    "security-txt",
}  # fmt: skip
"""What is the same for everybody, and may lie in any cache."""


def addresses(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, str]]:
    """Each address that a list of URLs has, with something for what changes in it, and its name."""
    for each in resolver.url_patterns:
        path = before + re.sub(r"<(?:(\w+):)?\w+>", _some, str(each.pattern)).lstrip("^").rstrip("$")
        if isinstance(each, URLPattern):
            yield path, str(each.name)
        else:
            yield from addresses(each, path)


def _some(found: re.Match[str]) -> str:
    return SOME.get(found[1] or "str", "7" * 32)


def faults(answer: Any, name: str, host: str, *, is_signed_in: bool) -> list[str]:
    """What an answer lets a browser do that it should not."""
    given = answer.headers
    policy = {each.strip() for each in given.get("Content-Security-Policy", "").split(";")}
    wanted = {
        "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Resource-Policy": "cross-origin" if host.startswith("workspace.") else "same-origin",
    }  # fmt: skip
    wrong = [
        f"{header}: {given.get(header)}" for header, value in wanted.items() if given.get(header) != value
    ]
    wrong += [f"content policy without {each}" for each in DIRECTIVES - policy]
    if is_signed_in and name not in FOR_ALL and "no-store" not in given.get("Cache-Control", ""):
        wrong.append(f"kept in a cache: {given.get('Cache-Control')}")
    if "Access-Control-Allow-Origin" in given:
        wrong.append("read by other sites")
    kind = given.get("Content-Type", "")
    if (answer.streaming or answer.content) and not re.fullmatch(TYPES, kind):
        wrong.append(f"of the type {kind!r}")
    return wrong


@pytest.fixture
def clients(settings: Any) -> dict[str, Client]:
    settings.TROTH_SECOND_FACTOR = False
    dana = Secure(SERVER_NAME="localhost")
    dana.force_login(staff().user)
    alice = browser(person())
    return {"Victor": Secure(SERVER_NAME="localhost"), "Alice": alice, "Dana": dana}


def test_every_answer_of_every_host_is_strict_whoever_asks(clients: dict[str, Client]) -> None:
    found, asked = list[str](), 0
    for host, urls in HOSTS.items():
        for path, name in addresses(get_resolver(urls)):
            for who, client in clients.items():
                if who == "Dana" and not path.startswith("/office/"):
                    continue  # what is not the office is to her as to Alice
                client.raise_request_exception = False
                answer = client.get(path, SERVER_NAME=host)
                asked += 1
                is_signed_in = who != "Victor" and host == "localhost"
                wrong = faults(answer, name, host, is_signed_in=is_signed_in)
                if answer.status_code >= 500:
                    wrong.append(f"status {answer.status_code}")
                found += [f"{who} {host}{path} ({name}): {each}" for each in wrong]
    assert not found, f"{len(found)} of {asked} answers\n" + "\n".join(found[:80])
    assert asked > 300


@pytest.mark.parametrize("path", ["/no/such/page/", "/privacy", "/%00", "/static/no-such.css"])
def test_an_answer_about_no_page_is_as_strict(clients: dict[str, Client], path: str) -> None:
    for who, client in clients.items():
        answer = client.get(path)
        assert answer.status_code >= 300
        assert not faults(answer, path, "localhost", is_signed_in=who != "Victor"), who


@pytest.mark.parametrize(
    "path", ["/static/", "/static/troth/", "/static", "/static/troth", "/.well-known/", "/docs/", "/media/"]
)
def test_no_folder_is_listed(clients: dict[str, Client], path: str) -> None:
    for client in clients.values():
        answer = client.get(path, secure=True)
        assert answer.status_code in (301, 404), path
        if answer.status_code == 301:  # Django adds the slash that is missing, and finds nothing there either
            assert client.get(answer["Location"], secure=True).status_code == 404
