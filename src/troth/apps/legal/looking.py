"""The fourth ground on which staff look into a workspace: what the law requires (clause hosting.access)."""

from collections.abc import Iterable
from uuid import UUID

from troth.accounts.models import Role
from troth.workspaces.grounds import Kind, LookGround

from .models import LegalRecord


def _live(workspace: UUID) -> Iterable[LookGround]:
    """Records that name the workspace, and of which it may be told: each look tells at once."""
    rows = LegalRecord.objects.filter(
        LegalRecord.live(), kind=LegalRecord.Kind.ORDER, named__whom=workspace.hex
    )
    return [row for row in rows if row.untold_until is None]


def _find(number: str) -> LookGround | None:
    found: LookGround | None = LegalRecord.objects.filter(number=number, kind=LegalRecord.Kind.ORDER).first()
    return found


KIND = Kind(
    "L", "legal record", "complying-with-law", (Role.PRIVACY_OFFICER, Role.OWNER), _find, _live,
    lambda row: row.approved_at, has_reasons=True,  # type: ignore[attr-defined]
)  # fmt: skip
