"""What a company's settings say of its files: which kinds are taken, how long the trash keeps (security.settings)."""

from uuid import UUID

from troth.accounts.levels import held
from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access

from .kinds import BYTES, CSV, IMAGES, TEXT, label

DOCUMENTS = (*IMAGES, TEXT, CSV, "application/pdf")


def is_taken(kind: str, wanted: str) -> bool:
    """Whether a kind of file is one that the setting takes (a word of `troth.accounts.levels`)."""
    return {"any": True, "known": kind != BYTES, "documents": kind in DOCUMENTS}[wanted]


def must_be_taken(by: Access, kind: str) -> None:
    """Raises NotNow for a kind that the workspace's company does not take."""
    if not is_taken(kind, held.of_company(by.workspace.customer_id)["files"]):
        raise NotNow(
            f"The company’s settings take no file of this kind ({label(kind).lower()}). Nothing of it was kept."
        )


def trash_days(customer: UUID | None) -> int:
    """For how many days what is thrown away can be fetched back."""
    return int(held.of_company(customer)["trash"])
