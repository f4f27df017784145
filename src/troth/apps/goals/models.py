"""What staff would like visitors to do, and in which order: said of nobody."""

from django.db import models


class Goal(models.Model):
    """One thing done on our pages that is counted by a name: a page viewed, a link followed, a form sent."""

    class Kind(models.TextChoices):
        PAGE = "page", "a page is viewed"
        LINK = "link", "a link is clicked"
        FILE = "file", "a file is fetched"
        BEGUN = "begun", "a form is begun on the page"
        SENT = "sent", "a form is sent on the page"
        DONE = "done", "something else is done"

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    what = models.CharField(max_length=200)
    """As it stands in the report; a star at its end stands for whatever follows."""

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Funnel(models.Model):
    """Goals that one visitor reaches one after the other, on one day."""

    name = models.CharField(max_length=60, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """The place of a goal in a funnel, from 1."""

    funnel = models.ForeignKey(Funnel, models.CASCADE, related_name="steps")
    goal = models.ForeignKey(Goal, models.PROTECT)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("funnel", "place")
        constraints = (models.UniqueConstraint(fields=("funnel", "place"), name="one_goal_at_a_place"),)

    def __str__(self) -> str:
        return f"{self.place}: {self.goal}"
