"""Whether somebody is let in as they come, and why not: asked by the wall at each request, and by the simulator.

It decides from what it is told and looks at nothing else, so that both get the same answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator

from .held import Standing
from .orders import is_in


class Factor(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105 - a word
    CODE = "code"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody at the door: from where, by what, what they have set up, and whether their device shows itself."""

    address: str
    by: Factor
    has_second_factor: bool
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """One setting that keeps somebody out, whose it is, why, and what they can do."""

    setting: str
    customer: UUID | None
    why: str
    advice: str


def refusals(asked: Iterable[Standing], coming: Coming) -> list[Refusal]:
    """Every setting that keeps somebody out; nobody is kept out by none."""
    return [each for standing in asked for each in _of_one(standing, coming)]


def _of_one(standing: Standing, coming: Coming) -> Iterable[Refusal]:
    values, whose = standing.values, standing.customer
    if not is_in(coming.address, values["networks"]):
        yield Refusal(
            "networks", whose, "it lets people in only from its own networks, and this address is in none of them",
            "Come from one of them, such as the office or its VPN.",
        )  # fmt: skip
    if values["second_factor"] == "everybody" and not coming.has_second_factor:
        yield Refusal(
            "second_factor", whose, "it asks for a second step at sign-in, and none is set up",
            "Set up an authenticator app or a passkey.",
        )  # fmt: skip
    if values["passkeys"] == "yes" and coming.by is not Factor.PASSKEY:
        yield Refusal(
            "passkeys", whose, "it lets people in by passkey only, and this sign-in was by something else",
            "Add a passkey if there is none yet, and confirm with it that it is you.",
        )  # fmt: skip
    if values["device"] == "needed" and not coming.is_bound:
        yield Refusal(
            "device", whose, "it asks for a browser that shows by a key which device it is on, and this one has not",
            "Sign out, and sign in with one that can, such as Chrome or Edge on a Windows computer of this year.",
        )  # fmt: skip


SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: Any) -> bool:
    """Whether somebody set up an app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND).exists())


def factor_of(records: Iterable[dict[str, Any]]) -> Factor:
    """By what a session was opened, or confirmed since: the strongest that the sign-in library noted."""
    kinds = {(each.get("method"), each.get("type")) for each in records}
    if ("mfa", Authenticator.Type.WEBAUTHN) in kinds:
        return Factor.PASSKEY
    return Factor.CODE if any(method == "mfa" for method, _ in kinds) else Factor.PASSWORD
