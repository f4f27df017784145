"""What a workspace says of its files: on its first page, where parts of it are shared, and to those outside."""

from typing import Any
from uuid import UUID

from troth.gate.uses import current_use
from troth.workspaces.access import Access
from troth.workspaces.hosted import opened
from troth.workspaces.sections import FILES, LOOKS, PARTS, SIZES, TABLES, Look, Naming, workspace_card

from . import asked, kinds, named, quota, showing
from .models import Document, Folder, Version

MOST = 500
NEWEST = 5


def register() -> None:
    """Tell the floor below."""
    workspace_card(20, "files/card.html", card)
    PARTS.append(parts)
    SIZES.append(("Files", how_many))
    TABLES.append(asked.tables)
    FILES.append(Naming(named.find, named.offered))
    LOOKS.append(Look(owns=is_ours, rows=rows))


def how_many(workspace: UUID) -> int:
    """How many files a workspace has; nothing is opened."""
    with opened(workspace):
        return int(Document.objects.count())


def card(by: Access) -> dict[str, Any]:
    """The latest files, for the first page."""
    if by.right is None:
        return {"files": [one for one in showing.entries(by, None) if not one["is_folder"]][:NEWEST]}
    latest = (
        Version.objects.filter(document__trashed_at=None)
        .select_related("document__folder")
        .order_by("-made_at")
    )
    found: dict[UUID, dict[str, Any]] = {}
    for each in latest[: 4 * NEWEST]:
        if len(found) < NEWEST and each.document_id not in found and not each.document.is_gone:
            found[each.document_id] = {"pk": each.document_id, "name": each.document.name, "at": each.made_at}
    return {
        "files": list(found.values()),
        "taken": quota.shown(quota.taken()),
        "most": quota.shown(quota.most()),
    }


def parts() -> list[tuple[UUID, str]]:
    """The folders and files that can be shared alone, those that are open to the reader."""
    use = current_use()
    found = [("Folder", each) for each in Folder.objects.filter(trashed_at=None)[:MOST]]
    found += [("File", each) for each in Document.objects.filter(trashed_at=None)[:MOST]]
    return [
        (each.pk, f"{what}: {each.name}") for what, each in found if use.permits(each) and not each.is_gone
    ]


def is_ours(part: UUID) -> bool:
    """Whether a part is a file or a folder of the open workspace."""
    return any(model.objects.filter(pk=part).exists() for model in (Document, Folder))


def rows(part: UUID, offset: int, limit: int) -> tuple[list[str], list[list[str]], int]:
    """A file, or what lies in a folder, as it is looked at from outside: what there is, not what stands in it."""
    of = Document.objects.filter(pk=part) | Document.objects.filter(folder=part)
    documents = list(of.order_by("made_at", "pk")[offset : offset + limit])
    newest = showing.newest_of(documents)
    shown = [
        [str(each.name), kinds.label(kept.media_type), quota.shown(kept.size), f"{kept.made_at:%Y-%m-%d %H:%M}"]
        for each in documents if (kept := newest.get(each.pk))
    ]  # fmt: skip
    return ["Name", "Kind", "Size", "Last changed (UTC)"], shown, of.count()
