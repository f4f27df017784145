"""When an outcome counts as read on the page.

Programs follow the links in mail before anybody reads it, so that a private link was opened says nothing: the browser
proved the address by a code or belongs to the account, or somebody pressed the button.
"""

from django.http import HttpRequest
from django.utils import timezone

from .models import Request

PROVEN = "requests-proven"
MOST_HELD = 20


def note_proof(request: HttpRequest, row: Request) -> None:
    """In this browser the right code was typed."""
    held = [number for number in request.session.get(PROVEN, []) if number != row.number]
    request.session[PROVEN] = [*held, row.number][-MOST_HELD:]


def note_look(request: HttpRequest, row: Request) -> None:
    """The page is shown: to the person, if this is their browser."""
    is_own = bool(request.person) and request.person.owner_id == row.owner_id  # type: ignore[attr-defined]
    if request.method == "GET" and (is_own or row.number in request.session.get(PROVEN, [])):
        note_read(row)


def note_read(row: Request) -> None:
    """What our side wrote is read."""
    row.messages.filter(read_at=None).exclude(role="").update(read_at=timezone.now())


def is_unread(row: Request) -> bool:
    """Whether an outcome waits to be read."""
    is_open = not row.is_closed
    return is_open and row.messages.filter(is_outcome=True, read_at=None).exists()
