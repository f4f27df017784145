"""What is posted, where it stands, what its author wishes for it, and what readers and moderators did about it."""

import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, Declared, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import DataSubject, PersonalModel
from troth.gate.subjects.models import Kind as Subject
from troth.gate.uses.actor import Row

LONGEST, LONGEST_LINE, LONGEST_NAME, LONGEST_TITLE = 10_000, 1_000, 60, 140
GROUND = "post"


class Commons(models.Model):
    """The community as the owner of posts that stay when their authors leave.  There is one."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    subject = models.ForeignKey(DataSubject, on_delete=models.PROTECT, related_name="+")

    @classmethod
    def owner(cls) -> uuid.UUID | None:
        """Its subject, once anybody has posted anything."""
        found: uuid.UUID | None = cls.objects.values_list("subject_id", flat=True).first()
        return found

    @classmethod
    def begin(cls) -> uuid.UUID:
        """Its subject, made when there is none yet."""
        if (known := cls.owner()) is not None:
            return known
        subject = DataSubject.begin(Subject.PERIOD)
        try:
            with transaction.atomic():
                cls.objects.create(subject=subject)
        except IntegrityError:  # another post was the first
            subject.delete()
        found = cls.owner()
        assert found is not None  # noqa: S101 - whoever was first has made it
        return found


class Thread(models.Model):
    """What posts stand in: a topic of a board, an article with its comments, a chat room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    is_locked = models.BooleanField(default=False)
    last = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"thread {self.pk}"

    @classmethod
    def touch(cls, *threads: uuid.UUID) -> None:
        """Something happened in them: whoever waits for news finds another version."""
        cls.objects.filter(pk__in=threads).update(version=models.F("version") + 1)


class Post(PersonalModel):
    """A post, whose it is, and what is to become of it.  It is itself the ground on which it is used and shown.

    Of a quote it keeps which words of which post, and no copy: what is removed is removed from all who quoted it.
    """

    class Kind(models.TextChoices):
        BOARD = "board", "Post on a board"
        ARTICLE = "article", "Article"
        COMMENT = "comment", "Comment"
        CHAT = "chat", "Line in a chat room"

    class State(models.TextChoices):
        STANDING = "standing", "Can be read by anyone"
        QUEUED = "queued", "Waits for a moderator"
        REMOVED = "removed", "Removed"

    class Afterwards(models.TextChoices):
        KEEP = "keep", "It stays, with the name"
        UNSIGNED = "unsigned", "It stays, without the name"
        REMOVE = "remove", "It goes"

    class Remover(models.TextChoices):
        AUTHOR = "author", "its author"
        MODERATOR = "moderator", "a moderator"
        LEAVING = "leaving", "its author, who left"

    owner = OwnerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    signed_as = Sealed(models.CharField(max_length=LONGEST_NAME), "posts.signed-as")
    title = Sealed(models.CharField(max_length=LONGEST_TITLE), "posts.title")
    body = Sealed(models.TextField(max_length=LONGEST), "posts.body")
    afterwards = Declared(
        models.CharField(max_length=8, choices=Afterwards.choices, default=Afterwards.REMOVE, blank=True),
        "posts.afterwards",
        because="an erasure goes by it, when nobody opens anything of its author any more",
    )
    warning_hash = models.CharField(max_length=64)
    is_staff = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.STANDING)
    quotes = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    quote_edition = models.PositiveSmallIntegerField(default=0)
    quote_start = models.PositiveIntegerField(default=0)
    quote_end = models.PositiveIntegerField(default=0)
    edition = models.PositiveSmallIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=9, choices=Remover.choices, blank=True)

    ground: ClassVar[str] = GROUND

    class Privacy:
        title = "post"
        plain: ClassVar = {
            "kind": "one of four words", "thread": "a random id", "number": "a number of ours",
            "warning_hash": "the hash of a sentence of ours", "is_staff": "whether its author works for us",
            "state": "one of three words", "quotes": "the random id of a post",
            "quote_edition": "a number of ours", "quote_start": "a number of ours", "quote_end": "a number of ours",
            "edition": "a number of ours", "made_at": "a time of ours", "edited_at": "a time of ours",
            "removed_at": "a time of ours", "removed_by": "one of three words",
        }  # fmt: skip
        keep: ClassVar = {"removal": "removed_at"}
        heir = "stays_with"
        left_behind = "goes_along"

    class Meta:
        ordering = ("thread", "number")
        constraints = (models.UniqueConstraint(fields=("thread", "number"), name="one_post_a_number"),)
        indexes = (
            models.Index(fields=("owner", "-made_at"), name="posts_of_an_author"),
            models.Index(fields=("kind", "state", "-made_at"), name="posts_of_a_kind"),
        )

    def __str__(self) -> str:
        return f"post {self.pk}"

    @property
    def is_standing(self) -> bool:
        """Whether anyone can read it."""
        return self.state == self.State.STANDING

    @property
    def is_removed(self) -> bool:
        """Whether nothing but its mark stands there."""
        return self.state == self.State.REMOVED

    def is_live(self) -> bool:
        """clause: public.posts - from when its author sent it until it is removed."""
        return not self.is_removed

    def covers(self, row: Row) -> bool:
        """Itself, and nothing else of its author's."""
        return bool(row.id == self.pk)

    def stays_with(self) -> uuid.UUID | None:
        """Whose it is when its author leaves: the community's, if the author wished it to stay."""
        stays = self.is_standing and self.afterwards in (self.Afterwards.KEEP, self.Afterwards.UNSIGNED)
        return Commons.owner() if stays else None

    def goes_along(self) -> Collection[str]:
        """What ends with its author all the same: the name, of one that stays without it."""
        return ("signed_as",) if self.afterwards == self.Afterwards.UNSIGNED else ()


def longest_of(kind: str) -> int:
    """How many letters a post of a kind may have."""
    return LONGEST_LINE if kind == Post.Kind.CHAT else LONGEST


class Edition(PersonalModel):
    """What a post said before it was changed.  Its author alone can look at it, and what was quoted is found in it."""

    owner = OwnerField()
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    body = Sealed(models.TextField(max_length=LONGEST), "posts.body")
    until = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = GROUND

    class Privacy:
        title = "earlier words of a post"
        plain: ClassVar = {
            "post": "the random id of a post",
            "number": "a number of ours",
            "until": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("post", "-number")
        constraints = (models.UniqueConstraint(fields=("post", "number"), name="one_edition_a_number"),)

    def __str__(self) -> str:
        return f"edition {self.number}"

    def is_live(self) -> bool:
        """For as long as its post stands."""
        return bool(self.post.is_standing)


class PenName(PersonalModel):
    """The name under which somebody posts, which nobody else signs with while they do."""

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=LONGEST_NAME), "posts.signed-as", lookup="text")

    class Privacy:
        title = "name that you post under"
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner",), name="one_pen_name_a_person"),
            models.UniqueConstraint(fields=("name_index",), name="one_person_a_pen_name"),
        )

    def __str__(self) -> str:
        return f"pen name {self.pk}"


class Report(PersonalModel):
    """Somebody asks moderators to look at a post."""

    class Reason(models.TextChoices):
        SPAM = "spam", "Advertising, or the same again and again"
        PRIVATE = "private", "Something private of somebody"
        INSULT = "insult", "An insult or a threat"
        ILLEGAL = "illegal", "Against the law"
        OTHER = "other", "Something else"

    owner = OwnerField()
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8, choices=Reason.choices)
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Privacy:
        title = "report of a post"
        plain: ClassVar = {
            "post": "the random id of a post", "reason": "one of five words", "made_at": "a time of ours",
            "decided_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "post"), name="one_report_a_reader_and_post"),
        )

    def __str__(self) -> str:
        return f"report {self.pk}"


class Block(PersonalModel):
    """Somebody does not want to read what another one posts."""

    owner = OwnerField()
    blocked = ConcernsField(on_erase=OnErase.DELETE)
    made_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "somebody you do not read"
        plain: ClassVar = {"made_at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "blocked"), name="one_block_a_pair"),)

    def __str__(self) -> str:
        return f"block {self.pk}"


class Ban(PersonalModel):
    """Moderators keep somebody from posting, until a day."""

    owner = OwnerField()
    made_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    class Privacy:
        title = "time in which you cannot post"
        plain: ClassVar = {"made_at": "a time of ours", "until": "a time of ours"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"ban {self.pk}"

    @classmethod
    def of(cls, owner: uuid.UUID) -> Any:
        """The ban that is in force for somebody, or None."""
        return cls.objects.filter(owner=owner, until__gt=timezone.now()).order_by("-until").first()
