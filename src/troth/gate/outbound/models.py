"""The outbox: messages wait here, sealed, in the transaction of the act that wrote them."""

from django.db import models
from django.utils import timezone

from ..subjects.fields import OwnerField, Sealed
from ..subjects.models import PersonalModel


class Message(PersonalModel):
    """One e-mail to one person.  A notice is sent at least once, an invitation at most once."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        HELD = "held", "shown here, not sent"
        FAILED = "failed"
        UNKNOWN = "unknown", "may have been sent"

    class Kind(models.TextChoices):
        NOTICE = "notice"
        INVITATION = "invitation"

    owner = OwnerField()
    address = Sealed(models.EmailField(), "contact.email")
    subject = Sealed(models.CharField(max_length=200), "correspondence.mail-subject")
    body = Sealed(models.TextField(), "correspondence.mail-body")
    attachment = Sealed(models.TextField(blank=True), "correspondence.mail-body")
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.NOTICE)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED, db_index=True)
    message_id = models.CharField(max_length=80, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    queued_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Privacy:
        plain = {
            "kind": "one of two words", "state": "one of six words", "message_id": "random",
            "attempts": "a count", "due_at": "a time of ours", "queued_at": "a time of ours",
            "sent_at": "a time of ours", "until": "a time of ours, after which it is of no use",
        }  # fmt: skip
        keep = {"sending": "queued_at"}
        kept_with_owner = True

    class Meta:
        ordering = ("-queued_at",)

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
