"""Files and folders as their pages show them; read inside the use of whoever looks."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404

from troth.workspaces.access import Access
from troth.workspaces.models import Right

from . import downloads, flows, kinds, quota, reaching
from .models import Document, Folder, Upload, Version
from .reaching import Placed, allows

ROWS, COLUMNS = 50, 20
MOST_PLACES = 500


def entries(by: Access, here: Folder | None) -> list[dict[str, Any]]:
    """What lies in a folder: folders first, then files, by name."""
    folders, documents = inside(by, here)
    newest = newest_of(documents)
    shown = [{"is_folder": True, "pk": each.pk, "name": each.name, "at": each.made_at} for each in folders]
    for each in documents:
        version = newest.get(each.pk)
        shown.append({
            "is_folder": False, "pk": each.pk, "name": each.name, "at": version.made_at if version else each.made_at,
            "size": quota.shown(version.size) if version else "",
            "kind": kinds.label(version.media_type) if version else "",
        })  # fmt: skip
    return sorted(shown, key=lambda one: (not one["is_folder"], str(one["name"]).casefold()))


def inside(by: Access, here: Folder | None) -> tuple[list[Folder], list[Document]]:
    """The folders and files in a folder; at the top, for who was let into parts only, those parts."""
    if here is None and by.right is None:
        folders = [each for each in Folder.objects.filter(pk__in=by.parts) if not each.is_gone]
        documents = [each for each in Document.objects.filter(pk__in=by.parts) if not each.is_gone]
        return folders, documents
    return list(flows.folders_in(here)), list(flows.documents_in(here))


def newest_of(documents: list[Document]) -> dict[UUID, Version]:
    """The version that counts, by document."""
    found = Version.objects.filter(document__in=[each.pk for each in documents]).order_by("number")
    return {each.document_id: each for each in found}


def path(by: Access, here: Folder | None) -> list[tuple[UUID, str]]:
    """The folders from the top down to this one, as far as they are open to the reader."""
    found: list[tuple[UUID, str]] = []
    while here is not None and allows(by, Right.VIEW, here):
        found.append((here.pk, str(here.name)))
        here = here.parent
    return found[::-1]


def places(by: Access, what: Placed) -> list[tuple[UUID, str]]:
    """The folders something can be moved into, with where they lie."""
    shown = []
    for each in Folder.objects.filter(trashed_at=None).select_related("parent")[:MOST_PLACES]:
        if what.pk not in each.parts and not each.is_gone and allows(by, Right.EDIT, each):
            shown.append((each.pk, " / ".join(name for _, name in path(by, each))))
    return sorted(shown, key=lambda one: one[1].casefold())


def unfinished(by: Access) -> list[dict[str, Any]]:
    """The reader's own uploads that broke off."""
    mine = Upload.objects.filter(by=by.person).select_related("stored")
    return [
        {
            "pk": each.pk, "name": each.name, "came": quota.shown(each.stored.size), "size": quota.shown(each.size),
            "part": 100 * each.stored.size // each.size if each.size else 0,
        }
        for each in mine
    ]  # fmt: skip


def versions(of: Document) -> list[dict[str, Any]]:
    """Every version, the newest first."""
    found = list(of.versions.all())
    return [
        {
            "number": each.number, "size": quota.shown(each.size), "kind": kinds.label(each.media_type),
            "at": each.made_at, "is_newest": each is found[0], "is_only": len(found) == 1,
        }
        for each in found
    ]  # fmt: skip


def look(by: Access, kept: Version) -> dict[str, Any]:
    """What can be seen of a file without downloading it: a picture, a text, a table, or nothing."""
    with reaching.with_bytes(by, kept):
        kind, picture = str(kept.media_type), downloads.is_picture(kept)
    if picture:
        return {"picture": downloads.look_at(by, kept)}
    if kind not in (kinds.TEXT, kinds.CSV):
        return {}
    first = reaching.beginning(by, kept)
    text = kinds.text_of(first) or ""
    is_cut = len(first) < kept.size
    if kind == kinds.TEXT:
        return {"text": text, "is_cut": is_cut}
    table, is_narrowed = kinds.table_of(text, ROWS + 1, COLUMNS)
    return {"head": table[0] if table else [], "rows": table[1:], "is_cut": is_cut or is_narrowed}


def thrown(found: list[Placed], days: int) -> list[dict[str, Any]]:
    """What lies in the trash, and until when."""
    return [
        {
            "pk": each.pk, "name": each.name, "is_folder": isinstance(each, Folder), "at": each.trashed_at,
            "until": each.trashed_at + timedelta(days=days) if each.trashed_at else None,
        }
        for each in found
    ]  # fmt: skip


def either(by: Access, what: UUID) -> Placed:
    """A file or folder that the reader reaches, also one in the trash.  Raises Http404."""
    for model in (Document, Folder):
        found: Placed | None = model.objects.filter(pk=what).first()
        if found is not None and allows(by, Right.VIEW, found):
            return found
    raise Http404
