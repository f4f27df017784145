"""Files that Customers keep: folders, documents in their versions, and what is still on its way up."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.files.models import StoredFile
from troth.gate.subjects.fields import ConcernsField, OnErase, Sealed
from troth.workspaces.hosted import HostedModel

CATEGORY = "customer-data.file"
LONGEST = 160

_MADE = {"made_at": "a time of ours", "trashed_at": "a time of ours"}


class Folder(HostedModel):
    """A named place for documents and other folders; without `parent` it lies at the top."""

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="folders"
    )
    name = Sealed(models.CharField(max_length=LONGEST), CATEGORY)
    made_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Privacy:
        plain: ClassVar = {"parent": "a random id", **_MADE}
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"folder {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """Itself and every folder it lies in."""
        return (self.pk, *(self.parent.parts if self.parent else ()))

    @property
    def is_gone(self) -> bool:
        """Whether it, or a folder it lies in, is in the trash."""
        return self.trashed_at is not None or bool(self.parent and self.parent.is_gone)


class Document(HostedModel):
    """A named file.  Its bytes are its versions', of which the one with the highest number counts."""

    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.CASCADE, related_name="documents"
    )
    name = Sealed(models.CharField(max_length=LONGEST), CATEGORY)
    made_at = models.DateTimeField(default=timezone.now)
    trashed_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Privacy:
        title = "file"
        plain: ClassVar = {"folder": "a random id", **_MADE}
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"document {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """Itself and every folder it lies in."""
        return (self.pk, *(self.folder.parts if self.folder else ()))

    @property
    def is_gone(self) -> bool:
        """Whether it, or a folder it lies in, is in the trash."""
        return self.trashed_at is not None or bool(self.folder and self.folder.is_gone)


class Version(HostedModel):
    """What a document held from one upload to the next.  `media_type` is told from the first bytes."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    size = models.PositiveBigIntegerField("size in bytes")
    media_type = Sealed(models.CharField(max_length=80), CATEGORY)
    made_at = models.DateTimeField(default=timezone.now)
    by = ConcernsField(on_erase=OnErase.CUT)

    class Privacy:
        title = "version of a file"
        plain: ClassVar = {
            "document": "a random id", "number": "a count", "stored": "a random id", "size": "a number of bytes",
            "made_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("owner", "document", "number"), name="one_version_a_number"),
            models.UniqueConstraint(fields=("owner", "stored"), name="one_version_a_stored_file"),
        )

    def __str__(self) -> str:
        return f"version {self.number} of {self.document_id}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """Those of its document."""
        return self.document.parts


class Upload(HostedModel):
    """A file on its way up in several goes; `stored.size` says how far it is.

    `mark` is what the sender knows the file by (a checksum, a time of change): with it they find it again.
    """

    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.CASCADE, related_name="uploads"
    )
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = Sealed(models.CharField(max_length=LONGEST), CATEGORY)
    sha256 = Sealed(models.CharField(max_length=64), CATEGORY)
    mark = Sealed(models.CharField(max_length=80), CATEGORY)
    size = models.PositiveBigIntegerField("size in bytes, as announced")
    begun_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    by = ConcernsField(on_erase=OnErase.DELETE)

    class Privacy:
        title = "unfinished upload"
        plain: ClassVar = {
            "folder": "a random id", "stored": "a random id", "size": "a number of bytes",
            "begun_at": "a time of ours", "touched_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("begun_at", "pk")
        constraints = (models.UniqueConstraint(fields=("owner", "stored"), name="one_upload_a_stored_file"),)

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def parts(self) -> tuple[Any, ...]:
        """Those of the folder it goes to."""
        return (self.pk, *(self.folder.parts if self.folder else ()))
