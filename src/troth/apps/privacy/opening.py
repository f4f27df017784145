"""The door of one's own pages: who is asking, and the ground on which they see what is theirs."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache

from troth.accounts.people import gathering
from troth.accounts.people.doors import is_confirmed, person_only
from troth.accounts.people.models import Person
from troth.gate.uses import OwnData, use

PURPOSE = "showing-own-data"

View = Callable[..., HttpResponseBase]


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in; behind the door there is one."""
    found: Person = request.person  # type: ignore[attr-defined]
    return found


def subject_of(request: HttpRequest) -> UUID:
    """Their data subject."""
    subject: UUID = person_of(request).owner_id
    return subject


def own_data(request: HttpRequest, *_: Any, **__: Any) -> OwnData:
    """The ground: the data is the person's own."""
    return OwnData(subject_of(request))


def own_page(view: View) -> View:
    """A page for the signed-in person alone, shown inside a use of their own data and kept by no cache."""
    shown = use(PURPOSE, given=own_data)(view)

    @wraps(view)
    @never_cache
    @person_only
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return shown(request, *args, **kwargs)

    return guarded


def gather(request: HttpRequest) -> None:
    """Join what came under the person's address since, if they proved within ten minutes that it is they who look.

    Runs inside a use of their own data.
    """
    if is_confirmed(request):
        person = person_of(request)
        gathering.join(person, person.email)
