"""Leases: of several workers, one runs a job at a time."""

from django.db import models


class Lease(models.Model):
    """When a job is due next, and until when the worker that took it may hold it.

    `leapt_at` is for jobs that mind the clock: when one last found that its run before lay too far away.
    """

    job = models.CharField(max_length=60, primary_key=True)
    due_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    last_ran_at = models.DateTimeField(null=True)
    leapt_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.job
