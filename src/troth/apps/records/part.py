"""What records put into a workspace: collections as parts that can be shared alone, and as staff look at them."""

from uuid import UUID

from troth.workspaces.hosted import opened
from troth.workspaces.sections import LOOKS, PARTS, SIZES, Look

from . import kinds
from .flows import unpacked
from .models import Collection, Field, Record


def collections() -> list[tuple[UUID, str]]:
    """The open workspace's collections by name."""
    return [(row.pk, row.name) for row in Collection.objects.all()]


def is_collection(part: UUID) -> bool:
    """Whether a part is a collection of the open workspace."""
    return bool(Collection.objects.filter(pk=part).exists())


def rows(part: UUID, offset: int, limit: int) -> tuple[list[str], list[list[str]], int]:
    """The columns of a collection, some of its records, and how many there are."""
    fields = list(Field.objects.filter(collection=part))
    shown = Record.objects.filter(collection=part, is_shown=True)
    lines = []
    for record in shown[offset : offset + limit]:
        values = unpacked(record.content)
        lines.append([kinds.shown(field.kind, values.get(field.pk, "")) for field in fields])
    return [field.name for field in fields], lines, shown.count()


def size(workspace: UUID) -> int:
    """How many records a workspace holds; opens nothing."""
    with opened(workspace):
        return int(Record.objects.filter(is_shown=True).count())


def register() -> None:
    """Make them known to the workspace."""
    PARTS.append(collections)
    LOOKS.append(Look(is_collection, rows))
    SIZES.append(("Records", size))
