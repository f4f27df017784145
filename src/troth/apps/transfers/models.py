"""Counts of what went to a country, or was looked at from there: no row says whose data it was."""

from django.db import models


class Tally(models.Model):
    """How many disclosures or accesses of one day: to or from a country, by whom, for what, of one category.

    A blank category is the count of the entries themselves, each once, however many categories it names.
    """

    day = models.DateField()
    kind = models.PositiveSmallIntegerField()
    country = models.CharField(max_length=2, blank=True)
    recipient = models.CharField(max_length=80)
    purpose = models.CharField(max_length=80)
    category = models.CharField(max_length=80, blank=True)
    times = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("day", "kind", "country", "recipient", "purpose", "category"),
                name="one_tally_of_a_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.country} {self.day}"


class Counted(models.Model):
    """How far the log has been counted: the number of the last entry that is in the tallies.  There is one row."""

    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.seq)
