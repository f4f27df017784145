"""Chat rooms, who said that they are in one, and how many read along without saying so."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row
from troth.posting.models import GROUND, LONGEST_NAME, Post, Thread

KIND = Post.Kind.CHAT

STAYS = timedelta(seconds=90)
"""How long somebody counts as being here after their page asked for news last."""


class Room(models.Model):
    """A place to talk.  Its lines are the posts of its thread; a locked thread is a room that is closed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    thread = models.OneToOneField(Thread, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField("address", max_length=40, unique=True)
    name = models.CharField(max_length=60)
    about = models.CharField("what it is for", max_length=200)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return self.name


class Presence(PersonalModel):
    """That somebody is in a room, and says so under their name.  It is the ground on which anyone is shown it.

    Its number is random and known to its owner's page alone, which says by it that they are still there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = OwnerField()
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    name = Sealed(models.CharField(max_length=LONGEST_NAME), "posts.signed-as")
    joined_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = GROUND

    class Privacy:
        title = "being in a chat room"
        plain: ClassVar = {"room": "a random id", "joined_at": "a time of ours", "seen_at": "a time of ours"}
        keep: ClassVar = {"removal": "seen_at"}

    class Meta:
        ordering = ("joined_at", "pk")
        constraints = (models.UniqueConstraint(fields=("owner", "room"), name="one_presence_a_room"),)

    def __str__(self) -> str:
        return f"presence {self.pk}"

    @classmethod
    def here(cls) -> Q:
        """Those whose page asked for news a moment ago."""
        return Q(seen_at__gt=timezone.now() - STAYS)

    def is_live(self) -> bool:
        """clause: public.posts - until they leave the room, or their page is gone."""
        return bool(self.seen_at > timezone.now() - STAYS)

    def covers(self, row: Row) -> bool:
        """Itself alone."""
        return bool(row.id == self.pk)


class Readers(models.Model):
    """How many pages one process of the server gave news of a room to, a moment ago: a number, and nobody's."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    process = models.UUIDField()
    count = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("room", "process"), name="one_count_a_process"),)

    def __str__(self) -> str:
        return f"{self.count} readers"
