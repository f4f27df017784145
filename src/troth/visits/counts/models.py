"""What is counted of visits, day by day: numbers, and no row that says whose they are (decision 0034)."""

from django.db import models


class CountedDay(models.Model):
    """That the events of a day were counted, and when.  What changes them afterwards is noted in `changes`."""

    day = models.DateField(unique=True)
    made_at = models.DateTimeField()
    batches = models.PositiveIntegerField(default=0)
    """Batches of the day when it was counted: as long as there are no more, there is nothing new."""
    changes = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    """The changes that are in the counts; the day is counted anew where there were more."""

    def __str__(self) -> str:
        return f"counts of {self.day}"


class Count(models.Model):
    """One line of a report on one day of one site.  A blank label stands for all lines too small to have a name."""

    day = models.DateField()
    site = models.CharField(max_length=100)
    report = models.CharField(max_length=12)
    label = models.CharField(max_length=200, blank=True)
    times = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    visits = models.PositiveIntegerField(default=0)
    noted = models.PositiveIntegerField(default=0)
    """Visits of one view alone; of load times, those that were slow."""
    ms = models.PositiveBigIntegerField(default=0)
    """Milliseconds that were read; of load times, that the page took."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("day", "site", "report", "label"), name="one_count_of_a_line"),
        )
        indexes = (models.Index(fields=("report", "day"), name="counts_of_a_report"),)

    def __str__(self) -> str:
        return f"{self.report} {self.day}"
