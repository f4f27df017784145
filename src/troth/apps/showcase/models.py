"""What a person may permit us to publish: one text, exactly as it will stand, and whether they permitted it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from troth.accounts.people.models import Membership, Role
from troth.engine.ledger import canonical
from troth.gate.files import stored
from troth.gate.files.models import StoredFile
from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row

ANSWERED = timedelta(days=30)
"""How long a request of ours waits for its answer."""

FIELDS = ("name", "title", "company", "text")
"""The words on the page: the permission is for them, for the logo beside them, and for the page."""

LOGO = "showcase.logo"


class Publication(PersonalModel):
    """A text, whose it is, and where it would stand.  It is the ground on which it is shown, once it is permitted.

    INVARIANT: it stands on a page only while `text_hash`, which its owner permitted, is the hash of what it says now.
    """

    class Kind(models.TextChoices):
        LISTING = "listing", "A line in the list of our Customers"
        TESTIMONIAL = "testimonial", "A testimonial"

    owner = OwnerField()
    kind = models.CharField(max_length=11, choices=Kind.choices)
    name = Sealed(models.CharField(max_length=120), "showcase.person-name")
    title = Sealed(models.CharField(max_length=120), "showcase.person-title")
    company = Sealed(models.CharField(max_length=160), "showcase.person-company")
    text = Sealed(models.TextField(max_length=600), "showcase.text")
    picture = Sealed(models.CharField("kind of logo", max_length=20), LOGO)
    logo = models.ForeignKey(StoredFile, null=True, on_delete=models.SET_NULL, related_name="+")
    is_asked = models.BooleanField(default=False)
    is_ours = models.BooleanField(default=False)
    is_wanted = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    permitted_at = models.DateTimeField(null=True)
    text_hash = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)

    class Privacy:
        title = "text to be published"
        plain: ClassVar = {
            "kind": "one of two words", "is_asked": "whether we asked for it",
            "is_ours": "whether it says what we proposed and nothing else",
            "is_wanted": "whether we want it on our pages as it is", "made_at": "a time of ours",
            "permitted_at": "a time of ours", "text_hash": "the hash of what anyone may read, while they may",
            "published_at": "a time of ours", "over_at": "a time of ours", "logo": "the random id of a file",
        }  # fmt: skip
        keep: ClassVar = {"withdrawal": "over_at"}

    class Meta:
        ordering = ("-made_at", "pk")

    def __str__(self) -> str:
        return f"publication {self.pk}"

    @property
    def is_over(self) -> bool:
        """Withdrawn, declined, or left unanswered for too long."""
        return self.over_at is not None and self.over_at <= timezone.now()

    @property
    def is_permitted(self) -> bool:
        """Whether its owner's permission lives."""
        return self.permitted_at is not None and self.text_hash != "" and not self.is_over

    @property
    def state(self) -> str:
        """The word for where it is between being asked for and standing on a page."""
        if self.is_over:
            return "over"
        if not self.is_permitted:
            return "asked" if self.is_ours else "draft"
        return "offered" if not self.is_wanted else "published" if self.published_at else "coming"

    @property
    def ground(self) -> str:
        """In a list each is its own ground: the permission, or our own request that nobody answered yet."""
        return Permission.ground if self.is_permitted else "publication-request"

    def is_live(self) -> bool:
        """clause: public.showcase - permitted, or still what we wrote ourselves when we asked."""
        return self.is_permitted or self.state == "asked"

    def logo_bytes(self) -> bytes:
        """The logo, opened in the use around; nothing when there is none."""
        return b"".join(stored.read(self.logo)) if self.logo is not None else b""

    def digest(self) -> str:
        """The hash of what it says, shows and where; read inside a use that may read all of it."""
        return digest(self.kind, {name: getattr(self, name) for name in FIELDS}, self.logo_bytes())

    @classmethod
    def going_on(cls) -> Q:
        """Those that are neither withdrawn nor over."""
        return Q(over_at=None) | Q(over_at__gt=timezone.now())

    @classmethod
    def standing(cls) -> Q:
        """Those on a page: permitted, put up by `flows.publish`, and of somebody who owns a Customer."""
        owners = Membership.objects.filter(role=Role.OWNER).values("owner")
        return Q(over_at=None, owner__in=owners) & ~(
            Q(permitted_at=None) | Q(published_at=None) | Q(text_hash="")
        )

    @classmethod
    def unpermitted(cls) -> "QuerySet[Publication]":
        """Those that say they are published though no permission lives: no verb of `flows` leaves one behind."""
        found: QuerySet[Publication] = cls.objects.exclude(published_at=None).filter(
            Q(permitted_at=None) | Q(text_hash="") | ~Q(over_at=None)
        )
        return found


def digest(kind: str, values: Mapping[str, Any], logo: bytes) -> str:
    """SHA-256, in hex, over the canonical JSON of where it stands, what it says, and the hash of the logo.

    What was not given is the empty text.
    """
    said = {name: values.get(name) or "" for name in FIELDS}
    picture = hashlib.sha256(logo).hexdigest() if logo else ""
    return hashlib.sha256(canonical({"where": kind, "logo": picture, **said})).hexdigest()


@dataclass(frozen=True, slots=True)
class Permission:
    """The permission to publish one text, as the ground of a use or a disclosure."""

    of: Publication
    ground: ClassVar[str] = "permission-to-publish"

    def is_live(self) -> bool:
        """clause: public.showcase - until it is withdrawn, or the text is changed."""
        return self.of.is_permitted

    def covers(self, row: Row) -> bool:
        """That text and its logo alone."""
        return row.id in (self.of.pk, self.of.logo_id)
