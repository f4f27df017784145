"""The last proof of each clause, for the pages that show it."""

from django.db import models


class Proof(models.Model):
    """What `troth prove` last found for a clause."""

    clause = models.CharField(max_length=60, primary_key=True)
    status = models.CharField(max_length=10)
    figure = models.CharField(max_length=200)
    evidence = models.TextField()
    checked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.clause}: {self.status}"
