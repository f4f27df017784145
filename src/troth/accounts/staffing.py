"""Who works here: invited, given another role, gone, and back again (clause security.credentials).

INVARIANT: there is always an owner.  Nobody changes their own place, and of two owners who let each other go the second
finds that they are gone themselves.
"""

from collections.abc import Callable
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from troth.gate.subjects.terms import keep_rule
from troth.gate.uses import Actor, act, using

from . import signins
from .adapter import AccountAdapter
from .models import Role, SignIn, StaffMember, User
from .staff import PLACE, PURPOSE, enrol

MANAGERS = (Role.ADMINISTRATOR, Role.OWNER)
LEAVINGS: list[Callable[[UUID], object]] = []
"""What an app has to do when a member of staff (their subject) leaves, in the act in which they do."""


class NotNow(ValueError):
    """It cannot be done as things stand, in words for whoever asked."""


def acting(by: StaffMember) -> Actor:
    """A member of staff as the gate knows them."""
    return Actor(by.role, by.owner_id, by.country)


def roles_given_by(by: StaffMember) -> list[Role]:
    """The roles that somebody may give: only owners say who runs the installation."""
    return [role for role in Role if by.role == Role.OWNER or role not in MANAGERS]


def kept_for() -> str:
    """How long the record of somebody who left is kept (clause security.credentials): `12 months`."""
    rule = keep_rule(StaffMember)
    return f"{rule[1]} {rule[2]}" if rule else ""


def may_change(by: StaffMember, member: StaffMember) -> bool:
    """Whether somebody may change another's place; nobody changes their own."""
    return member.pk != by.pk and (by.role == Role.OWNER or member.role not in MANAGERS)


def invite(by: StaffMember, name: str, address: str, role: str, country: str) -> StaffMember:
    """Make a person a member of staff and write to them; they choose their password.  Raises NotNow, ValueError."""
    with using(PURPOSE, by=acting(by), at=PLACE), act():
        here = _here(by)
        if role not in roles_given_by(here):
            raise NotNow("Only an owner says who runs this installation.")
        member = enrol(name, address, role, country)
        _tell(by, member, "invited", role)
    return member


def invite_again(by: StaffMember, member: StaffMember) -> None:
    """The same message once more, to whoever has not signed in yet.  Raises NotNow."""
    with using(PURPOSE, by=acting(by)), act():
        found = _changing(by, member)
        if not is_new(found):
            raise NotNow("They have signed in already.")
        _tell(by, found, "invited", found.role)


def is_new(member: StaffMember) -> bool:
    """Whether somebody has never signed in."""
    return not SignIn.objects.filter(owner=member.owner_id).exists()


def change_role(by: StaffMember, member: StaffMember, role: str) -> None:
    """Another role, from the next page on that they open.  Raises NotNow."""
    with using(PURPOSE, by=acting(by)), act():
        found = _changing(by, member)
        if role not in roles_given_by(by):
            raise NotNow("Only an owner says who runs this installation.")
        if role == found.role:
            return
        StaffMember.objects.filter(pk=found.pk).update(role=role)
        _tell(by, found, "role", role)


def end_sessions(by: StaffMember, member: StaffMember) -> None:
    """Sign somebody out everywhere; they may sign in again.  Raises NotNow."""
    with using(PURPOSE, by=acting(by)), act():
        found = _changing(by, member)
        signins.end_all(found.owner_id.hex)
        _tell(by, found, "out", found.role)


def begin_anew(by: StaffMember, member: StaffMember) -> None:
    """Take somebody's password and second steps away, who lost them or whose they are no more.  Raises NotNow.

    They choose a password by a code that goes to their address, and set up a second step before the office opens.
    """
    with using(PURPOSE, by=acting(by)), act():
        found = _changing(by, member)
        signins.end_all(found.owner_id.hex)
        Authenticator.objects.filter(user=found.user_id).delete()
        found.user.set_unusable_password()
        found.user.save(update_fields=["password"])
        _tell(by, found, "anew", found.role)


def let_go(by: StaffMember, member: StaffMember) -> None:
    """They work here no more: nobody signs in with this login, and the record ends in its time.  Raises NotNow."""
    with using(PURPOSE, by=acting(by)), act():
        found = _changing(by, member)
        # Told first: whoever is gone is written to no more.
        _tell(by, found, "left", found.role)
        StaffMember.objects.filter(pk=found.pk).update(left_at=timezone.now())
        User.objects.filter(pk=found.user_id).update(is_active=False)
        signins.end_all(found.owner_id.hex)
        for leave in LEAVINGS:
            leave(found.owner_id)


def take_back(by: StaffMember, member: StaffMember) -> None:
    """Somebody who left works here again, with the role they had.  Raises NotNow."""
    with using(PURPOSE, by=acting(by)), act():
        here = _here(by)
        found = StaffMember.everybody.select_for_update().filter(pk=member.pk).exclude(left_at=None).first()
        if found is None:
            raise NotNow("They work here already.")
        if not may_change(here, found):
            raise NotNow("Only an owner says who runs this installation.")
        StaffMember.everybody.filter(pk=found.pk).update(left_at=None)
        User.objects.filter(pk=found.user_id).update(is_active=True)
        _tell(by, found, "back", found.role)


def _here(by: StaffMember) -> StaffMember:
    """Whoever acts, as they stand now and until this act is over.  Raises NotNow."""
    found: StaffMember | None = StaffMember.objects.select_for_update().filter(pk=by.pk).first()
    if found is None or found.role not in MANAGERS or found.role != by.role:
        raise NotNow("Your own place has changed meanwhile. Nothing was done.")
    return found


def _changing(by: StaffMember, member: StaffMember) -> StaffMember:
    """Whose place is changed, as it stands now and until this act is over.  Raises NotNow."""
    # In one order for all, so that of two who change each other neither waits for the other for ever.
    held: dict[UUID, StaffMember] = {
        row.pk: row
        for row in StaffMember.objects.select_for_update().filter(pk__in=(by.pk, member.pk)).order_by("pk")
    }
    here, found = _here(by), held.get(member.pk)
    if found is None:
        raise NotNow("They do not work here any more.")
    if not may_change(here, found):
        raise NotNow(
            "Only an owner says who runs this installation, and nobody changes their own place. Nothing was done."
        )
    return found


def _tell(by: StaffMember, member: StaffMember, kind: str, role: str) -> None:
    """Write to whoever it is about, and to the other owners: an owner's session in wrong hands appoints nobody unseen."""
    base = settings.TROTH_BASE_URLS["company"]
    pages = {
        "sign_in_url": "account_login",
        "reset_url": "account_reset_password",
        "staff_url": "office-staff",
    }
    context = {
        "kind": kind, "role": Role(role).label, "by": f"Somebody with the role {Role(by.role).label}", "kept": kept_for(),
        "timestamp": timezone.now(),
        **{name: base + reverse(view, "troth.config.urls") for name, view in pages.items()},
    }  # fmt: skip
    AccountAdapter().tell("account/email/place", member.user, context)
    for owner in StaffMember.objects.filter(role=Role.OWNER).exclude(pk__in=(by.pk, member.pk)):
        AccountAdapter().tell("account/email/place_of_another", owner.user, context)
