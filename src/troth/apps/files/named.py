"""Files as other apps name them: by id, for whoever may open them."""

from collections.abc import Collection
from uuid import UUID

from django.urls import reverse

from troth.workspaces.access import Access
from troth.workspaces.models import Right
from troth.workspaces.sections import NamedFile

from . import reaching, showing
from .models import Document


def find(by: Access, wanted: Collection[UUID]) -> dict[UUID, NamedFile | None]:
    """Those of some files that are there; None for one that is not open to the reader, of which nothing is opened."""
    found = Document.objects.filter(pk__in=wanted).select_related("folder__parent__parent")
    return {
        each.pk: _named(by, each) if reaching.allows(by, Right.VIEW, each) else None
        for each in found
        if not each.is_gone
    }


def offered(by: Access, most: int) -> list[NamedFile] | None:
    """The files that somebody may open, by name; None when they are more than so many."""
    found = Document.objects.filter(trashed_at=None).select_related("folder__parent__parent")
    if by.right is None:
        found = found.filter(pk__in=by.parts) | found.exclude(folder=None)
    seen = [each for each in found if not each.is_gone and reaching.allows(by, Right.VIEW, each)]
    if len(seen) > most:
        return None
    return sorted((_named(by, each) for each in seen), key=lambda one: one.name.casefold())


def _named(by: Access, each: Document) -> NamedFile:
    folders = [name for _, name in showing.path(by, each.folder)]
    page = reverse("workspace-file", args=[by.workspace.owner_id, each.pk])
    return NamedFile(each.pk, " / ".join([*folders, str(each.name)]), page)
