"""What Customers keep here: of one workspace, sealed with its key, and found only from inside it.

The wall in the ORM: without an open workspace a query of hosted rows is refused, and with one it finds that one's rows.
The gate's own rooms (erasure, retention, export) ask `every`.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import TracebackType
from typing import Any, ClassVar
from uuid import UUID

from django.apps import apps
from django.db import models

from troth.gate.errors import GateError
from troth.gate.subjects import bulk
from troth.gate.subjects.fields import OwnerField, PersonalQuerySet
from troth.gate.subjects.models import PersonalModel
from troth.gate.subjects.scope import current, opened
from troth.gate.uses import Use, using

__all__ = [
    "HostedManager",
    "HostedModel",
    "Inside",
    "OutsideWorkspace",
    "hosted_models",
    "insert",
    "links",
    "open_workspace",
    "opened",
]


class OutsideWorkspace(GateError):
    """Hosted data was asked for, or written, outside its workspace."""


class Inside:
    """A workspace opened for a block, with the use in which its rows are read or written."""

    def __init__(self, workspace: UUID, use: using) -> None:
        self._scope, self._use = opened(workspace), use

    def __enter__(self) -> Use:
        self._scope.__enter__()
        try:
            return self._use.__enter__()
        except BaseException:
            self._scope.__exit__()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._use.__exit__(kind, error, trace)
        finally:
            self._scope.__exit__()


def open_workspace() -> UUID:
    """The workspace that is open.  Raises OutsideWorkspace."""
    found = current()
    if not isinstance(found, UUID):
        raise OutsideWorkspace("no workspace is open; enter one first")
    return found


class HostedQuerySet(PersonalQuerySet):
    """Rows of one workspace; what is written through it stays there."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The gate's, for rows of the open workspace."""
        rows = list(objs)
        stay_inside(self.model, rows)
        return super().bulk_create(rows, *args, **kwargs)


class HostedManager(models.Manager.from_queryset(HostedQuerySet)):  # type: ignore[misc]
    """Rows of the open workspace.  Raises OutsideWorkspace when none is."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(owner=open_workspace())


class HostedModel(PersonalModel):
    """A row of a workspace.  Its `owner` is the workspace's subject; `parts` are what a grant may name to reach it."""

    owner = OwnerField()

    objects: ClassVar[Any] = HostedManager()
    is_hosted = True

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args and not {"owner", "owner_id"} & kwargs.keys():
            kwargs["owner_id"] = open_workspace()
        super().__init__(*args, **kwargs)

    @property
    def parts(self) -> tuple[Any, ...]:
        """The ids of what it lies in, itself included, that a grant can be limited to."""
        return (self.pk,)

    def is_of(self, person: UUID) -> bool:
        """Whether the row is somebody's own doing, and open to them however small a part they were let into."""
        return False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The row's own, inside its workspace only."""
        stay_inside(type(self), [self])
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """The row's own, inside its workspace only."""
        stay_inside(type(self), [self])
        return super().delete(*args, **kwargs)


def stay_inside(model: type[HostedModel], rows: Sequence[HostedModel]) -> None:
    """Raises OutsideWorkspace for rows of another workspace than the open one, or that point to one of another's.

    A foreign key alone would take the id of any workspace's row.
    """
    here = open_workspace()
    if any(row.owner_id != here for row in rows):
        raise OutsideWorkspace(f"a row of `{model.__name__}` belongs to another workspace")
    for link in links(model):
        named = {getattr(row, link.attname) for row in rows} - {None}
        if named and link.related_model.objects.filter(pk__in=named).count() != len(named):
            raise OutsideWorkspace(f"a row of `{model.__name__}` points out of its workspace")


def insert(
    model: type[HostedModel], same: Mapping[str, Any], names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Many new rows of the open workspace at once (`gate.subjects.bulk`).  Raises OutsideWorkspace."""
    here = open_workspace()
    for link in links(model):
        at = names.index(link.attname) if link.attname in names else None
        named = ({same.get(link.attname)} if at is None else {row[at] for row in rows}) - {None}
        if named and link.related_model.objects.filter(pk__in=named).count() != len(named):
            raise OutsideWorkspace(f"a row of `{model.__name__}` points out of its workspace")
    bulk.insert(model, here, same, names, rows)


@cache
def links(model: type[HostedModel]) -> list[Any]:
    """The links of a model to other hosted rows."""
    fields = model._meta.concrete_fields
    return [field for field in fields if field.is_relation and issubclass(field.related_model, HostedModel)]  # type: ignore[arg-type]


def hosted_models() -> list[type[HostedModel]]:
    """Every model of hosted data."""
    return [model for model in apps.get_models() if issubclass(model, HostedModel)]
