"""The key store: one wrapped key per data subject, in a database of its own."""

from django.db import models


class DataKey(models.Model):
    """A subject's data key, wrapped under an epoch key.

    `erasing` is the durable intent that reads refuse from.  `limited` says that its subject restricted uses or
    objected to some (`Limit`): it travels with the key, so that it costs no look-up of its own.
    """

    subject = models.CharField(max_length=32, primary_key=True)
    version = models.PositiveSmallIntegerField(default=1)
    algorithm = models.PositiveSmallIntegerField(default=1)
    epoch = models.PositiveIntegerField(db_index=True)
    wrapped = models.BinaryField()
    erasing = models.BooleanField(default=False)
    limited = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"key of epoch {self.epoch}"


class Limit(models.Model):
    """A restriction (all uses), or an objection to one purpose, that a subject put on their own data."""

    class Kind(models.TextChoices):
        RESTRICTION = "restriction"
        OBJECTION = "objection"

    subject = models.CharField(max_length=32, db_index=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    purpose = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("subject", "kind", "purpose"), name="one_limit_of_a_kind"),
        )

    def __str__(self) -> str:
        return self.kind


class KeySet(models.Model):
    """Which key folder this store belongs to, and how long the tombstone journal last was: a cut tail shows here."""

    check_value = models.CharField(max_length=32, primary_key=True)
    tombstones = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.check_value
