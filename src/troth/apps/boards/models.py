"""Sections of the boards, and topics.  What is said in a topic, its title too, are posts of its thread."""

import uuid

from django.db import models
from django.utils import timezone

from troth.posting.models import Thread


class Section(models.Model):
    """A board: what it is about, in words of ours."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    about = models.CharField(max_length=200)
    order = models.PositiveSmallIntegerField(default=0)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ("order", "name")

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """A topic: it has the id of the post that began it, so that a form sent twice begins one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="topics")
    thread = models.OneToOneField(Thread, on_delete=models.PROTECT, related_name="+")
    is_pinned = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-is_pinned", "-thread__last_at", "pk")

    def __str__(self) -> str:
        return f"topic {self.pk}"
