"""The ledger's tables.  What stands here says nothing about a person in clear; formats are in spec/ledger.md.

A restored house begins a new log.  Entries, tiles and heads say which log they are of; all of them stay readable.
"""

from django.db import models
from django.utils import timezone


class Log(models.Model):
    """One log: its number, its name in every signed head, and the last head known of the log before it.

    The first log of an install may have no row: its name is `TROTH_LOG_ORIGIN`.
    """

    number = models.PositiveIntegerField(primary_key=True)
    origin = models.CharField(max_length=200, unique=True)
    previous = models.TextField(blank=True)
    begun_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.origin


class Entry(models.Model):
    """One leaf: written in the act's own transaction, given log and index by the integrator, never changed after."""

    seq = models.BigAutoField(primary_key=True)
    id = models.CharField(max_length=32, unique=True)
    leaf = models.BinaryField()
    commitments = models.BinaryField()
    kind = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=80)
    clauses = models.CharField(max_length=400)
    recipient = models.CharField(max_length=80)
    country = models.CharField(max_length=2, blank=True)
    version = models.CharField(max_length=16)
    subjects = models.PositiveIntegerField()
    at = models.DateTimeField()
    log = models.PositiveIntegerField(null=True)
    index = models.BigIntegerField(null=True)

    class Meta:
        # `index` stands first: what waits has none, and is found by that alone.
        constraints = (models.UniqueConstraint(fields=("index", "log"), name="one_entry_per_place"),)

    def __str__(self) -> str:
        return self.id


class Share(models.Model):
    """One subject's part of an entry: salt and detail, sealed under that subject's key and gone with it."""

    entry = models.CharField(max_length=32)
    subject = models.CharField(max_length=32)
    sealed = models.BinaryField()

    class Meta:
        # Found by subject, alone or with the entry; an index on `entry` would cost every append and serve nobody.
        indexes = (models.Index(fields=("subject", "entry"), name="share_of_subject"),)

    def __str__(self) -> str:
        return self.entry


class Spent(models.Model):
    """That a subject's data was once put to something the statement permits `once`; a second time is refused.

    It goes with the subject (32 hex digits), after which there is nothing left to put to anything.
    """

    subject = models.CharField(max_length=32)
    action = models.CharField(max_length=8)
    purpose = models.CharField(max_length=80)
    recipient = models.CharField(max_length=80)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "action", "purpose", "recipient"), name="once_for_each_subject"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} for {self.purpose}"


class Untold(models.Model):
    """An entry that the law forbids to tell of before a moment: until then none of its subjects is shown it.

    It stands in the log like any other, and its subjects' parts are sealed for them; only the showing waits.
    """

    entry = models.CharField(max_length=32, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.entry

    @classmethod
    def now(cls) -> "models.QuerySet[Untold, dict[str, str]]":
        """The ids of the entries that are not shown yet, as part of a question."""
        return cls.objects.filter(until__gt=timezone.now()).values("entry")


class Tile(models.Model):
    """One Merkle tile of C2SP tlog-tiles: up to 256 hashes of one level."""

    log = models.PositiveIntegerField(default=1)
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("log", "level", "index"), name="one_tile_per_place"),)

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed head.  `follows` is unique in its log: two integrators cannot both extend the same head."""

    log = models.PositiveIntegerField(default=1)
    size = models.BigIntegerField()
    follows = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("log", "size"), name="one_head_of_a_size"),
            models.UniqueConstraint(fields=("log", "follows"), name="one_head_after_another"),
        )

    def __str__(self) -> str:
        return f"head of {self.size}"
