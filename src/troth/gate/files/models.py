"""Stored files: a row says whose a file is, and holds its key; the bytes lie sealed on disk."""

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone

from ..subjects.fields import OwnerField
from ..subjects.models import PersonalModel


def new_token() -> str:
    """A name on disk that says nothing."""
    return secrets.token_hex(16)


class StoredFile(PersonalModel):
    """One file of one owner.  Its name, type and key are sealed in the row, so it goes when its owner's key does.

    All three, and the bytes, are of the row's own `category`: `stored.py` decides by it, since a model's sealed
    fields are of one category each.  While not all of it has come, `size` says how much is known to be on disk.
    """

    owner = OwnerField()
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    category = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField("size in bytes")
    stored_at = models.DateTimeField(default=timezone.now)
    is_whole = models.BooleanField(default=True)

    class Privacy:
        title = "file"
        plain: ClassVar = {
            "token": "a random name on disk",
            "category": "the statement's word for what the file is; its name, type and bytes are sealed as that",
            "size": "a number of bytes",
            "stored_at": "a time of ours",
            "is_whole": "yes or no: whether all of it has come",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("stored_at",)

    def __str__(self) -> str:
        return f"file {self.pk}"
