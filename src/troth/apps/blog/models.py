"""Articles.  What an article says, its title too, is the first post of its thread; comments are the others."""

import uuid

from django.db import models
from django.utils import timezone

from troth.posting.models import Thread


class Article(models.Model):
    """An article, at an address that staff chose; it has the id of its first post."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.OneToOneField(Thread, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=80, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-made_at", "pk")

    def __str__(self) -> str:
        return self.slug
