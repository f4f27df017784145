"""Tries the settings that this floor enforces: who is let in, how sessions end and move, who is warned."""

import time
from typing import Any
from uuid import UUID

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from . import families, sessions, signins, tickets
from .levels import held
from .levels.admitting import Coming, Factor
from .levels.held import Standing
from .levels.law import Values
from .levels.models import Choice
from .levels.orders import is_in
from .levels.probing import probes
from .models import Family, SignIn, User
from .people.models import Membership, Role
from .wall import Wall

NOWHERE = "192.0.2.1"
"""An address that belongs to nobody (RFC 5737)."""


@probes("second_factor", "passkeys", "device", "networks")
def the_wall_stands(choice: Choice, values: Values) -> str:
    """Somebody made up comes by a password from nowhere to a page, through the wall itself."""
    if "troth.accounts.wall.Wall" not in settings.MIDDLEWARE:
        return "nobody asks who is let in"
    bare = Coming(NOWHERE, Factor.PASSWORD, False)
    asked = held.asked_of(Role.OWNER, values)
    wants = {
        "second_factor": asked["second_factor"] == "everybody", "passkeys": asked["passkeys"] == "yes",
        "device": asked["device"] == "needed",
        "networks": asked["networks"] is not None and not is_in(NOWHERE, asked["networks"]),
    }  # fmt: skip
    for key, is_wanted in wants.items():
        alone = {**held.floor(), key: asked[key]}
        if is_wanted and not _is_kept_out(Standing(choice.owner_id, alone), bare):
            return f"somebody is let in against the setting “{key.replace('_', ' ')}”"
    return ""


def _is_kept_out(standing: Standing, coming: Coming) -> bool:
    request = _request()
    request.META["REMOTE_ADDR"] = coming.address
    request.troth_standings = [standing]  # type: ignore[attr-defined]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = []
    Wall(lambda _: HttpResponse()).process_view(request, lambda _: HttpResponse(), (), {})
    return not request.user.is_authenticated


def _request() -> HttpRequest:
    """A request of somebody made up, who is signed in; nothing of it is kept."""
    request = HttpRequest()
    request.COOKIES[settings.SESSION_COOKIE_NAME] = "made up"
    request.user = User(subject_id=UUID(int=0))
    request.session = sessions.SessionStore()
    request.session[SESSION_KEY] = str(request.user.pk)
    return request


@probes("idle", "longest")
def sessions_end(choice: Choice, values: Values) -> str:
    """A session a little too old, and one left alone a little too long, go through the limits themselves."""
    if "troth.accounts.sessions.SessionLimits" not in settings.MIDDLEWARE:
        return "nothing ends a session that is too old"
    now, away, lived = int(time.time()), values["idle"] * 60 + 5, values["longest"] * 3600 + 5
    for began, seen in ((now - lived, now), (now - away, now - away)):
        request = _request()
        request.session[sessions.BEGAN], request.session[sessions.SEEN] = began, seen
        request.troth_standings = [Standing(choice.owner_id, values)]  # type: ignore[attr-defined]
        sessions.SessionLimits(lambda _: HttpResponse())(request)
        if SESSION_KEY in request.session:
            return "a session outlives what holds for its owner"
    return ""


@probes("moves", "grace")
def marks_move(choice: Choice, values: Values) -> str:
    """A ticket of the age that holds is due, a late one is a copy, and what was chosen holds for open sessions."""
    if not families.is_old(values["moves"] * 60, lambda: values):
        return "a mark stays longer than what holds for its owner"
    for kept in _open(choice.owner_id).values_list("session", flat=True):
        holds = held.of_session(kept)
        if any(holds[key] > values[key] for key in ("moves", "grace", "idle", "longest")):
            return "what a company chose does not hold for a session of its people"
    late = Family(salt=b"1" * 16, device=tickets.device_hash(b"1" * 16, ""), generation=2, moved_at=1000)
    late.current, late.previous = (
        tickets.Ticket(late.id, each, tickets.token(late.kin, each)).hash for each in (2, 1)
    )
    shown = tickets.Ticket(late.id, 1, tickets.token(late.kin, 1))
    verdict = tickets.judge(late.kin, shown, "", 1000 + values["grace"] + 1, values["grace"])
    return "" if verdict is tickets.Verdict.COPIED else "a mark is taken later than what holds for its owner"


def _open(customer: UUID) -> Any:
    people = Membership.objects.filter(customer=customer).values("owner")
    return SignIn.objects.filter(owner__in=people, ended_at=None)


@probes("sessions")
def sessions_are_counted(choice: Choice, values: Values) -> str:
    """Nobody of the company is signed in more often than holds for them."""
    owners = list(_open(choice.owner_id).filter(came_from=None).values_list("owner_id", flat=True))
    over = any(owners.count(each) > values["sessions"] for each in set(owners))
    return "somebody is signed in more often than what holds for them" if over else ""


@probes("alerts")
def owners_are_warned(choice: Choice, values: Values) -> str:
    """Where the company wants it, its owners are among those whom a warning about one of its people goes to."""
    if values["alerts"] != "owners":
        return ""
    owners = set(
        Membership.objects.filter(customer=choice.owner_id, role=Role.OWNER).values_list(
            "owner_id", flat=True
        )
    )
    for person in Membership.objects.filter(customer=choice.owner_id).values_list("owner_id", flat=True):
        warned = {
            each.owner_id for each in signins.to_be_warned(person) if each.customer_id == choice.owner_id
        }
        if warned != owners - {person}:
            return "an owner who wants to be warned would not be"
    return ""
