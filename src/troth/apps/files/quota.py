"""How much a workspace may keep: every version, the trash, and what was announced and is on its way."""

from django.conf import settings
from django.db.models import Sum

from troth.accounts.people.companies import NotNow
from troth.workspaces.access import Access

from .models import Upload, Version


class TooLarge(NotNow):
    """There is no room for so much."""


def most() -> int:
    """The bytes of one workspace (`[workspaces]` in company.toml)."""
    return int(settings.TROTH_WORKSPACE_BYTES)


def taken() -> int:
    """The bytes that are spoken for in the open workspace."""
    kept = Version.objects.aggregate(all=Sum("size"))["all"] or 0
    coming = Upload.objects.aggregate(all=Sum("size"))["all"] or 0
    return int(kept) + int(coming)


def left() -> int:
    """The bytes that are still free in the open workspace."""
    return max(most() - taken(), 0)


def must_fit(size: int, free: int) -> None:
    """Raises TooLarge when so many bytes are more than are free."""
    if size > free:
        raise TooLarge(
            f"There is no room for this: {shown(free)} of the {shown(most())} of this workspace are free."
            " Nothing was kept. Empty the trash, or delete files or older versions that are no longer needed."
        )


def free_for(by: Access) -> int:
    """What is free, for somebody who is in the workspace."""
    from troth.workspaces.hosted import opened

    with opened(by.workspace.owner_id):
        return left()


def shown(size: int) -> str:
    """A number of bytes as people read it, in powers of ten."""
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    for unit, width in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        # What would be rounded to a thousand is one of the next unit.
        if size < width * 999.95 or unit == "GB":
            return f"{size / width:.1f}".removesuffix(".0") + f" {unit}"
    return ""
