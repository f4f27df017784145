"""What becomes of files and folders.  Each function is one act of somebody who has access (`by`)."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.files import stored as files
from troth.gate.files.models import StoredFile
from troth.gate.subjects.erase import lock
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

from . import quota, reaching
from .limits import must_be_taken
from .models import Document, Folder, Upload, Version
from .naming import clean, same
from .reaching import Placed, allows, must

MOST_IN_A_FOLDER = 5000
DEEPEST = 20
FULL = f"A folder holds {MOST_IN_A_FOLDER} files and folders at most. Make another one."
GONE = "This is not there any more. Nothing was changed."


def make_folder(by: Access, inside: UUID | None, name: str) -> Folder:
    """A new folder.  Raises NotNow when there is one of this name."""
    with enter(by, writes=True), act():
        parent = held(by, inside)
        must(by, Right.EDIT, parent)
        _must_be_free(parent, clean(name))
        if parent and len(parent.parts) >= DEEPEST:
            raise NotNow(f"Folders lie in each other {DEEPEST} deep at most.")
        made = Folder(parent=parent, name=clean(name))
        made.save(force_insert=True)
    return made


def held(by: Access, inside: UUID | None) -> Folder | None:
    """A folder, as it is until the act ends: of two who put something into the workspace the second waits."""
    lock(by.workspace.owner_id.hex)
    try:
        return reaching.folder(by, inside)
    except Folder.DoesNotExist:
        raise NotNow("This folder is not there any more. Nothing was kept.") from None


def folders_in(parent: Folder | None) -> Iterable[Folder]:
    """The folders in a folder, or at the top; those in the trash are not among them."""
    found: Iterable[Folder] = Folder.objects.filter(parent=parent, trashed_at=None)
    return found


def documents_in(parent: Folder | None) -> Iterable[Document]:
    """The files in a folder, or at the top; those in the trash are not among them."""
    found: Iterable[Document] = Document.objects.filter(folder=parent, trashed_at=None)
    return found


def _must_be_free(parent: Folder | None, name: str, besides: UUID | None = None) -> None:
    there: list[Placed] = [*folders_in(parent), *documents_in(parent)]
    if len(there) >= MOST_IN_A_FOLDER:
        raise NotNow(FULL)
    if any(same(each.name, name) for each in there if each.pk != besides):
        raise NotNow("There is something of this name already. Choose another one.")


def keep(by: Access, inside: UUID | None, name: str, stored: StoredFile, kind: str) -> Document:
    """Put a whole file into a folder: a new document, or the next version of the one of this name.

    Raises NotNow, TooLarge, Refused; then nothing of it is kept.
    """
    with enter(by, writes=True), act():
        parent = held(by, inside)
        must(by, Right.EDIT, parent)
        quota.must_fit(stored.size, quota.left())
        stored.save(force_insert=True)
        return add_version(by, parent, name, stored, kind).document


def add_version(
    by: Access, parent: Folder | None, name: str, stored: StoredFile, kind: str, pk: UUID | None = None
) -> Version:
    """The next version of a file, or the first; part of an act that holds the workspace."""
    must_be_taken(by, kind)
    name = clean(name)
    document = next((each for each in documents_in(parent) if same(each.name, name)), None)
    if document is None:
        _must_be_free(parent, name)
        document = Document(folder=parent, name=name)
        document.save(force_insert=True)
    newest = document.versions.first()
    made = Version(
        document=document, number=newest.number + 1 if newest else 1, stored=stored, size=stored.size, media_type=kind,
        by_id=by.person, **({"pk": pk} if pk else {}),
    )  # fmt: skip
    made.save(force_insert=True)
    return made


def rename(by: Access, what: Placed, name: str) -> None:
    """Give a file or folder another name.  Raises NotNow when something else has it."""
    with enter(by, writes=True), act():
        lock(by.workspace.owner_id.hex)
        found = _again(what)
        must(by, Right.EDIT, found)
        _must_be_free(_parent(found), clean(name), besides=found.pk)
        found.name = clean(name)
        found.save(update_fields=[])


def move(by: Access, what: Placed, into: UUID | None) -> None:
    """Put a file or folder elsewhere; it needs the right to change both places.  Raises NotNow."""
    with enter(by, writes=True), act():
        parent, found = held(by, into), _again(what)
        must(by, Right.EDIT, found)
        must(by, Right.EDIT, parent)
        if parent and found.pk in parent.parts:
            raise NotNow("A folder cannot be put into itself.")
        _must_be_free(parent, found.name, besides=found.pk)
        if isinstance(found, Folder):
            Folder.objects.filter(pk=found.pk).update(parent=parent)
        else:
            Document.objects.filter(pk=found.pk).update(folder=parent)


def trash(by: Access, what: Placed) -> None:
    """Put a file, or a folder with all that is in it, into the trash, for as long as that keeps."""
    with enter(by, writes=True), act():
        lock(by.workspace.owner_id.hex)
        found = _again(what)
        must(by, Right.EDIT, found)
        type(found).objects.filter(pk=found.pk, trashed_at=None).update(trashed_at=timezone.now())


def restore(by: Access, what: Placed) -> None:
    """Take it out of the trash: to where it was, or to the top when that is gone.  Raises NotNow."""
    with enter(by, writes=True), act():
        lock(by.workspace.owner_id.hex)
        found = _again(what)
        must(by, Right.EDIT, found)
        parent = _parent(found)
        parent = None if parent and parent.is_gone else parent
        _must_be_free(parent, found.name, besides=found.pk)
        place = {"parent": parent} if isinstance(found, Folder) else {"folder": parent}
        type(found).objects.filter(pk=found.pk).update(trashed_at=None, **place)


def throw_away(by: Access, what: Placed) -> None:
    """Delete something that lies in the trash, for good."""
    with enter(by, writes=True), act():
        lock(by.workspace.owner_id.hex)
        found = _again(what)
        must(by, Right.EDIT, found)
        if found.trashed_at is not None:
            remove(found)


def forget(by: Access, what: Placed, number: int) -> None:
    """Delete one version of a file for good.  Raises NotNow for the only one."""
    with enter(by, writes=True), act():
        lock(by.workspace.owner_id.hex)
        found = _again(what)
        must(by, Right.EDIT, found)
        kept = list(found.versions.select_related("stored")) if isinstance(found, Document) else []
        if len(kept) == 1:
            raise NotNow("A file has one version at least. Put the file into the trash instead.")
        for each in kept:
            if each.number == number:
                remove_version(each)


def remove(what: Placed) -> None:
    """Delete a file with its versions, or a folder with all that is in it; part of an act in the open workspace."""
    if isinstance(what, Folder):
        for below in [*Folder.objects.filter(parent=what), *Document.objects.filter(folder=what)]:
            remove(below)
        for upload in Upload.objects.filter(folder=what):
            drop(upload)
    else:
        for each in what.versions.select_related("stored"):
            remove_version(each)
    what.delete()


def remove_version(kept: Version | Upload) -> None:
    """Delete a version, or what came of an upload, and its bytes; part of an act in the open workspace."""
    bytes_of = kept.stored
    kept.delete()
    files.remove(bytes_of)


drop = remove_version


def in_trash(by: Access) -> list[Placed]:
    """What somebody may take out of the trash, the latest first; what lies in a folder there comes with it."""
    found: list[Placed] = [
        each
        for model in (Folder, Document)
        for each in model.objects.exclude(trashed_at=None)
        if allows(by, Right.EDIT, each)
    ]
    return sorted(found, key=lambda each: each.trashed_at or datetime.max, reverse=True)


def _again(what: Placed) -> Placed:
    found = type(what).objects.filter(pk=what.pk).first()
    if found is None:
        raise NotNow(GONE)
    return found  # type: ignore[no-any-return]


def _parent(what: Placed) -> Folder | None:
    return what.parent if isinstance(what, Folder) else what.folder
