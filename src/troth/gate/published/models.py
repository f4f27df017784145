"""Published statements, kept by hash: rows collected under an older version keep its rules."""

from django.db import models


class StatementVersion(models.Model):
    """A statement and the agreement beside it, as published; `version` is the SHA-256 over both, in hex.

    One that was approved here, and did not come in the files, is in force from `in_force_at` on.
    """

    version = models.CharField(max_length=64, primary_key=True)
    text = models.TextField()
    agreement = models.TextField()
    published_at = models.DateTimeField(auto_now_add=True)
    in_force_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ("published_at",)

    def __str__(self) -> str:
        return self.version[:16]
