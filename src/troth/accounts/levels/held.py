"""What holds for a company, for a person, for a session: asked of the tables each time, so that a change is at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from troth.accounts.models import SignIn, User
from troth.accounts.people.models import MANAGERS, Membership, Person

from .law import Values, effective, is_stricter, strictest
from .models import Choice
from .orders import Fewer
from .table import SETTINGS


@dataclass(frozen=True, slots=True)
class Standing:
    """What one company asks of one of its people: of `second_factor` whether it asks them.

    Without a company it is what the floor asks of whoever belongs to none.
    """

    customer: UUID | None
    values: Values


def floor() -> Values:
    """What holds where nobody chose anything, and below which nobody can go.  The operator may raise it."""
    own = {
        "idle": settings.TROTH_SESSION_IDLE // 60, "longest": settings.SESSION_COOKIE_AGE // 3600,
        "moves": settings.TROTH_SESSION_MOVES // 60, "grace": settings.TROTH_SESSION_GRACE,
    }  # fmt: skip
    return {**{key: row.floor for key, row in SETTINGS.items()}, **own, **settings.TROTH_FLOOR}


def current(customer: UUID) -> Choice | None:
    """What a company chose last."""
    found: Choice | None = Choice.objects.filter(owner=customer, is_current=True).first()
    return found


def of_company(customer: UUID | None) -> Values:
    """What holds for a company; the floor for who has none."""
    choice = current(customer) if customer else None
    return effective(floor(), choice.level, choice.apart) if choice else floor()


def standings(person: UUID) -> list[Standing]:
    """What each of somebody's companies asks of them: one that chose nothing, only where the floor bars somebody.

    One question to the store for whose companies chose nothing, as long as the floor bars nobody.
    """
    is_barred = _bars(floor())
    chosen, mine = Choice.objects.filter(is_current=True), Membership.objects.filter(owner=person)
    if not is_barred:
        mine = mine.filter(customer__in=chosen.values("owner"))
    places = dict(mine.values_list("customer_id", "role"))
    if not places:
        is_alone = is_barred and Person.objects.filter(owner=person).exists()
        return [Standing(None, asked_of("", floor()))] if is_alone else []
    rows = {row.owner_id: (row.level, row.apart) for row in chosen.filter(owner__in=places)}
    return [standing(each, role, *rows.get(each, ("", {}))) for each, role in places.items()]


def _bars(values: Values) -> bool:
    """Whether a floor asks something of people at the door, or of whom to warn, that nobody chose."""
    return any(
        is_stricter(key, values[key], row.floor)
        for key, row in SETTINGS.items()
        if not isinstance(row.order, Fewer)
    )


def standing(customer: UUID, role: str, level: str, apart: Mapping[str, object]) -> Standing:
    """What a company would ask of somebody in this role."""
    return Standing(customer, asked_of(role, effective(floor(), level, apart)))


def asked_of(role: str, values: Values) -> Values:
    """A company's values as they bear on one of its people."""
    if values["second_factor"] != "managers":
        return values
    return {**values, "second_factor": "everybody" if role in MANAGERS else "optional"}


def of_person(person: UUID) -> Values:
    """What holds for somebody: the strictest of their companies', and the floor for who has none."""
    return together(standings(person))


def of_session(kept: str) -> Values:
    """What holds for a session, by what the tables hold of its key; the floor for a visitor's."""
    owner = SignIn.objects.filter(session=kept).values_list("owner_id", flat=True).first()
    return of_person(owner) if owner else floor()


LEAST = {key: row.order.least for key, row in SETTINGS.items() if isinstance(row.order, Fewer)}
"""The least that anybody can choose: before it is over nobody needs to ask what holds."""
MOST = {key: row.order.most for key, row in SETTINGS.items() if isinstance(row.order, Fewer)}


def on(request: HttpRequest) -> list[Standing]:
    """The standings of whoever is signed in, asked once a request."""
    found: list[Standing] | None = getattr(request, "troth_standings", None)
    if found is None:
        user = getattr(request, "user", None)
        found = standings(user.subject_id) if isinstance(user, User) else []
        request.troth_standings = found  # type: ignore[attr-defined]
    return found


def here(request: HttpRequest) -> Values:
    """What holds for whoever is signed in."""
    return together(on(request))


def together(asked: list[Standing]) -> Values:
    """The strictest of what several companies ask, and of the floor."""
    return strictest([asked_of("", floor()), *(each.values for each in asked)])
