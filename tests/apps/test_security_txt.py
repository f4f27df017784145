"""`security.txt` says where to write, and is still good when it is read (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from django.test import Client


def test_it_names_contacts_and_is_good_for_less_than_a_year(db: None) -> None:
    answer = Client(SERVER_NAME="localhost").get("/.well-known/security.txt", secure=True)
    fields = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    assert answer["Content-Type"] == "text/plain; charset=utf-8" and len({name for name, _ in fields}) == 5
    assert ["Contact", "mailto:security@iplum.example"] in fields
    ((expires),) = [value for name, value in fields if name == "Expires"]
    left = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=90) < left < timedelta(days=365)
