"""Joint offers, their partners, the interest people show in one, and each record that a partner was given.

clause: share.joint-offers
"""

import hashlib
import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from troth.engine.ledger import canonical
from troth.gate.collection import validate_phone
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row

GROUND = "offer-interest"


class Partner(models.Model):
    """Whom we promote something with: where it sits, its own statement, its key, and the desk that is told.

    With an `endpoint` its packages are sent there; without one it fetches them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2)
    statement = models.URLField(max_length=300)
    key = models.CharField(max_length=100)
    key_ends_on = models.DateField(null=True, blank=True)
    endpoint = models.CharField(max_length=300, blank=True)
    desk = models.EmailField(max_length=254)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def has_key(self) -> bool:
        """Whether its key still stands: nothing is encrypted for one whose last day is over."""
        return self.key_ends_on is None or timezone.now().date() <= self.key_ends_on


class Promotion(models.Model):
    """A joint offer as its page states it.  What it says, and with whom, never changes; it only ends."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=2000)
    categories = models.CharField(max_length=200)
    begun_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-begun_at",)

    def __str__(self) -> str:
        return f"promotion {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether interest in it can be shown."""
        return self.ended_at is None and self.begun_at <= timezone.now() < self.ends_at

    def named(self) -> list[str]:
        """The categories that its partners get."""
        return self.categories.split()

    def fields(self) -> list[str]:
        """The fields of an interest that hold those."""
        by_category = {seal.category: seal.name for seal in Interest.seals.values()}
        return [by_category[name] for name in self.named() if name in by_category]

    def digest(self) -> str:
        """SHA-256, in hex, over the canonical JSON of what its page says: the words, the partners, what each gets."""
        parts: Iterable[Part] = self.parts.select_related("partner")
        partners = sorted([part.partner.name, part.partner.country, part.partner.statement] for part in parts)
        said: dict[str, Any] = {
            "title": self.title, "text": self.text, "gets": self.named(), "partners": partners,
        }  # fmt: skip
        return hashlib.sha256(canonical(said)).hexdigest()


class Part(models.Model):
    """One partner's part in one joint offer, and the ground on which records go to it.

    `last_number` counts what was delivered, `acknowledged` is the last that the partner said it has; `withdrawals` goes
    up with each interest withdrawn, so that a delivery under way sees it.  Its secret is the partner's; here is its hash.
    `pushing` is the last number of what is on its way to its server, `ending` the last ending that it was sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="parts")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="parts")
    secret_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    last_number = models.PositiveIntegerField(default=0)
    acknowledged = models.PositiveIntegerField(default=0)
    withdrawals = models.PositiveIntegerField(default=0)
    pushing = models.PositiveIntegerField(default=0)
    ending = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = GROUND

    class Meta:
        constraints = (models.UniqueConstraint(fields=("promotion", "partner"), name="one_part_a_partner"),)

    def __str__(self) -> str:
        return f"part {self.pk}"

    @property
    def reference(self) -> str:
        """Its number, as the record of uses names it."""
        return self.pk.hex[:8]

    def is_live(self) -> bool:
        """clause: share.joint-offers - as long as the partner is one.  An offer that ended leaves its interests."""
        return self.partner.ended_at is None

    @cached_property
    def _says(self) -> str:
        return self.promotion.digest()

    def covers(self, row: Row) -> bool:
        """An interest in this offer that is not withdrawn, shown in what its page says."""
        return (
            isinstance(row, Interest)
            and row.promotion_id == self.promotion_id
            and row.is_live()
            and row.text_hash == self._says
        )


class Interest(PersonalModel):
    """That somebody ticked one offer, what they gave with it, and the hash of what its page said."""

    owner = OwnerField()
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="interests")
    name = Sealed(models.CharField(max_length=120), "contact.name")
    company = Sealed(models.CharField(max_length=160), "contact.company")
    address = Sealed(models.CharField(max_length=300), "contact.address")
    phone = Sealed(models.CharField(max_length=40, validators=[validate_phone]), "contact.phone")
    email = Sealed(models.EmailField(max_length=254), "contact.email")
    text_hash = models.CharField(max_length=64)
    shown_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    ground: ClassVar[str] = GROUND

    class Privacy:
        title: ClassVar = "interest in a joint offer"
        plain: ClassVar = {
            "promotion": "a random id", "text_hash": "the hash of a text of ours",
            "shown_at": "a time of ours", "withdrawn_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-shown_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "promotion"),
                condition=models.Q(withdrawn_at=None),
                name="one_interest_an_offer",
            ),
        )

    def __str__(self) -> str:
        return f"interest {self.pk}"

    def is_live(self) -> bool:
        """clause: share.joint-offers - until it is withdrawn."""
        return self.withdrawn_at is None

    def covers(self, row: Row) -> bool:
        """Itself alone: what was given with it."""
        return bool(row.id == self.pk)


class Delivery(PersonalModel):
    """One record given to a partner: as which number, as a part of which entry; once more under it when `is_again`.

    The desk of partners owns it, so that it can be counted when whom it was about is gone.
    """

    owner = OwnerField()
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    position = models.PositiveIntegerField()
    entry = models.CharField(max_length=32)
    about = ConcernsField(on_erase=OnErase.CUT, blank_fields=("row_id", "handle"))
    row_id = models.UUIDField(null=True, blank=True)
    handle = models.CharField(max_length=32, blank=True)
    is_again = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title: ClassVar = "record given to a partner"
        plain: ClassVar = {
            "part": "a random id", "position": "a count", "entry": "a random id", "row_id": "a random id",
            "handle": "what the partner knows the record by: a keyed hash of a random id", "is_again": "yes or no",
            "at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ("part", "position")
        # Each index costs every record.  By row it is found through whom it is about.
        indexes = (models.Index(fields=("part", "handle", "row_id"), name="delivery_by_mark"),)
        constraints = (
            models.UniqueConstraint(
                fields=("part", "position"), condition=models.Q(is_again=False), name="one_number_a_delivery"
            ),
        )

    def __str__(self) -> str:
        return f"delivery {self.position}"


class Ending(models.Model):
    """That a record which a partner has is withdrawn or erased: packages say so by its mark, which leads to nobody."""

    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="endings")
    handle = models.CharField(max_length=32)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")
        constraints = (models.UniqueConstraint(fields=("part", "handle"), name="one_ending_a_record"),)

    def __str__(self) -> str:
        return f"ending {self.pk}"
