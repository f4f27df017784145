"""The doors of collections: whoever was let into one finds it, and for everybody else there is no such page."""

from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import Http404

from troth.workspaces.access import Access
from troth.workspaces.models import Right

from .models import Collection, Field, Record


def collection_at(access: Access, pk: UUID, right: Right = Right.VIEW) -> Collection:
    """A collection that the reader may work with, inside the use.  Raises Http404, and Refused for a lesser right."""
    row: Collection | None = None
    if access.allows(Right.VIEW, pk):
        row = Collection.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    access.must(right, pk)
    return row


def field_at(access: Access, collection: UUID, pk: UUID) -> Field:
    """A field of a collection that the reader may change, inside the use.  Raises Http404, Refused."""
    collection_at(access, collection, Right.EDIT)
    row: Field | None = Field.objects.filter(pk=pk, collection=collection).first()
    if row is None:
        raise Http404
    return row


def record_at(access: Access, collection: UUID, pk: UUID, right: Right = Right.VIEW) -> Record:
    """A record of a collection, inside the use.  Raises Http404, Refused."""
    collection_at(access, collection, right)
    row: Record | None = Record.objects.filter(pk=pk, collection=collection, is_shown=True).first()
    if row is None:
        raise Http404
    return row


def open_collections(access: Access) -> list[Collection]:
    """The collections that the reader may see, inside the use; nothing of the others is opened."""
    return [row for row in Collection.objects.all() if access.allows(Right.VIEW, row.pk)]


def listed(access: Access) -> list[dict[str, Any]]:
    """The collections that the reader may see, with how many records each has."""
    shown = Record.objects.filter(is_shown=True).order_by()
    counts = dict(shown.values_list("collection").annotate(Count("pk")))
    return [
        {"pk": row.pk, "name": row.name, "count": counts.get(row.pk, 0)} for row in open_collections(access)
    ]


def card(access: Access) -> dict[str, Any]:
    """The card of the workspace's first page."""
    return {"collections": listed(access)}


def rights(access: Access, collection: UUID) -> dict[str, bool]:
    """What the reader of a collection's pages may do: decides which buttons are there."""
    row = access.workspace
    is_open = row.ended_at is None
    return {
        "may_change": is_open and access.allows(Right.EDIT, collection),
        "may_remove": is_open and access.allows(Right.MANAGE),
        "may_share": is_open and not row.is_companys and access.allows(Right.SHARE, collection),
    }  # fmt: skip
