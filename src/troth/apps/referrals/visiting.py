"""By whose link a browser came, until an account is opened in it: remembered in the session, and nowhere else."""

from uuid import UUID

from django.http import HttpRequest

from . import flows

CAME_BY = "came-by"


def came(request: HttpRequest, code: UUID) -> None:
    """A link was followed: counted once for each browser session."""
    if request.session.get(CAME_BY) == code.hex:
        return
    person = request.person  # type: ignore[attr-defined]
    if flows.credit_visit(code, person.owner_id if person else None):
        request.session[CAME_BY] = code.hex


def arrived(request: HttpRequest, subject: UUID) -> None:
    """An account was opened in this browser."""
    if code := request.session.pop(CAME_BY, None):
        flows.credit_joining(UUID(code), subject)
