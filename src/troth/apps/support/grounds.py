"""Support requests and incidents among the grounds on which staff may look into a workspace."""

from troth.accounts.models import Role
from troth.workspaces.grounds import KINDS, Kind, LookGround, find, kind_of, live, new_number, register

from .models import Incident, SupportRequest

__all__ = ["KINDS", "Kind", "LookGround", "find", "kind_of", "live", "new_number", "register"]

register(Kind(
    "S", "support request", "supporting", (Role.SUPPORT,),
    lambda number: SupportRequest.objects.filter(number=number).first(),
    lambda workspace: SupportRequest.objects.filter(SupportRequest.live(), owner=workspace),
    lambda row: row.opened_at,  # type: ignore[attr-defined]
))  # fmt: skip
register(Kind(
    "I", "incident", "preventing-problems", (Role.ADMINISTRATOR,),
    lambda number: Incident.objects.filter(number=number).first(),
    lambda workspace: Incident.objects.filter(Incident.live(), affected__owner=workspace),
    lambda row: row.approved_at,  # type: ignore[attr-defined]
))  # fmt: skip
