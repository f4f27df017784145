"""An enquiry, the messages that follow it, and what was said on the phone.

Each enquiry is a data subject of its own, since nobody proved the address, unless an account did.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.collection import validate_phone
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row
from troth.workspaces.hosted import HostedModel


class Enquiry(PersonalModel):
    """What a visitor sent through Contact Us; it is itself the ground on which it may be read."""

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        CLOSED = "closed"

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=120), "contact.name")
    company = Sealed(models.CharField(max_length=160), "contact.company")
    address = Sealed(models.CharField(max_length=300), "contact.address")
    phone = Sealed(models.CharField(max_length=40, validators=[validate_phone]), "contact.phone")
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    message = Sealed(models.TextField(max_length=5000), "enquiry.message")
    topic = models.CharField(max_length=80)
    wants_call = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN, db_index=True)
    assignee = ConcernsField(on_erase=OnErase.CUT)
    link_hash = models.BinaryField(max_length=32, unique=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    last_contact_at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = "enquiry"

    class Privacy:
        plain: ClassVar = {
            "topic": "a choice from a fixed list",
            "wants_call": "yes or no",
            "state": "one of three words",
            "link_hash": "the hash of a random token",
            "received_at": "a time, with nothing beside it that says whose",
            "last_contact_at": "the time the keep rule counts from",
        }
        keep: ClassVar = {"last-contact": "last_contact_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("-received_at",)

    def __str__(self) -> str:
        return f"enquiry {self.pk}"

    def is_live(self) -> bool:
        """clause: use.requested - for as long as the enquiry is kept."""
        return True

    def covers(self, row: Row) -> bool:
        """Itself and the messages in its thread, all of one owner; and the calls about it."""
        return bool(row.owner_id == self.owner_id or getattr(row, "enquiry_id", None) == self.pk)


class Reply(PersonalModel):
    """A later message in the thread, by staff or by the visitor."""

    owner = OwnerField()
    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="replies")
    author = ConcernsField(on_erase=OnErase.CUT)
    message = Sealed(models.TextField(max_length=5000), "enquiry.reply")
    by_staff = models.BooleanField()
    role = models.CharField(max_length=20, blank=True)
    sent_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {
            "enquiry": "a random id",
            "by_staff": "yes or no",
            "role": "the role that answered, which the visitor sees",
            "sent_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("sent_at",)

    def __str__(self) -> str:
        return f"reply {self.pk}"


class Call(HostedModel):
    """A member of staff called about an enquiry.  It lies in the Company's own workspace (clause security.same)."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "reached"
        CALL_BACK = "call-back", "to be called back"
        NO_ANSWER = "no-answer", "no answer"

    enquiry = models.ForeignKey(Enquiry, on_delete=models.PROTECT, related_name="+")
    about = ConcernsField(on_erase=OnErase.DELETE, blank_fields=("note",))
    by = ConcernsField(on_erase=OnErase.CUT)
    role = models.CharField(max_length=20, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    note = Sealed(models.TextField(max_length=2000), "enquiry.call-note")
    at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {
            "enquiry": "a random id", "role": "the role that called, which the visitor sees",
            "outcome": "one of three words", "at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=("owner", "enquiry", "at"), name="calls_of_an_enquiry"),)

    def __str__(self) -> str:
        return f"call {self.pk}"
