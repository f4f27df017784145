"""An offer of the Company's own, and what somebody gave when they answered it."""

import hashlib
import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.engine.ledger import canonical
from troth.gate.collection import validate_phone
from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row


class OwnOffer(models.Model):
    """What the Company offers by itself.  What it says never changes; `shown_to` is a rule and its case, or blank."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=120)
    text = models.TextField(max_length=1000)
    shown_to = models.CharField(max_length=80, blank=True)
    begins_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-begins_at", "pk")

    def __str__(self) -> str:
        return f"offer of ours {self.pk}"

    @property
    def is_live(self) -> bool:
        """Whether it is shown, and can be answered."""
        return self.ended_at is None and self.begins_at <= timezone.now() < self.ends_at

    def digest(self) -> str:
        """SHA-256, in hex, over the canonical JSON of what its page says."""
        return hashlib.sha256(canonical({"title": self.title, "text": self.text})).hexdigest()


class Response(PersonalModel):
    """What somebody gave when they answered an offer of ours, with the hash of what its page said.

    It is itself the ground on which it may be read, as an enquiry is: who answers asks to be written to about the offer.
    Nothing of it goes to a partner, whose ground it is not.
    """

    owner = OwnerField()
    offer = models.ForeignKey(OwnOffer, on_delete=models.PROTECT, related_name="responses")
    name = Sealed(models.CharField(max_length=120), "contact.name")
    phone = Sealed(models.CharField(max_length=40, validators=[validate_phone]), "contact.phone")
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    text_hash = models.CharField(max_length=64)
    link_hash = models.BinaryField(max_length=32, unique=True)
    answered_at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    ground: ClassVar[str] = "enquiry"

    class Privacy:
        title: ClassVar = "answer to an offer of ours"
        plain: ClassVar = {
            "offer": "a random id", "text_hash": "the hash of a text of ours", "link_hash": "the hash of a random token",
            "answered_at": "the time the keep rule counts from", "handled_at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"last-contact": "answered_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("-answered_at", "pk")

    def __str__(self) -> str:
        return f"answer {self.pk}"

    def is_live(self) -> bool:
        """clause: use.requested - for as long as it is kept."""
        return True

    def covers(self, row: Row) -> bool:
        """Itself alone."""
        return bool(row.id == self.pk)
