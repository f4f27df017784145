"""Refer a friend: the friend until the one message is gone, the mark that stays, and what whoever referred gets to see.

Nothing here leads from a friend to whoever referred them, nor back, once the message is gone.
"""

import uuid
from datetime import date
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.outbound.once import Outcome
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row


def today() -> date:
    """The day, and no finer: the time of a referral and that of a visit would tie the two together."""
    return timezone.now().date()


class Mark(models.Model):
    """That an address was invited, or asked not to be: a keyed hash, and no way back to the address.

    clause: public.referral.  It is unique and never deleted, so that nobody is invited twice, whoever asks.
    """

    class State(models.TextChoices):
        SENDING = "sending", "being sent"
        SENT = Outcome.SENT.value, "sent"
        HELD = Outcome.HELD.value, "shown here, not sent"
        FAILED = Outcome.FAILED.value, "not taken by the carrier"
        UNKNOWN = Outcome.UNKNOWN.value, "may have been sent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.BinaryField(max_length=32, unique=True)
    never_hash = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENDING)
    asked_not_to = models.BooleanField(default=False)
    made_on = models.DateField(default=today)

    class Meta:
        ordering = ("-made_on", "pk")

    def __str__(self) -> str:
        return f"mark {self.state}"


class Referrer(PersonalModel):
    """Somebody with an account who refers friends: the code in their link, and how often it was followed."""

    owner = OwnerField()
    code = models.UUIDField(default=uuid.uuid4, unique=True)
    visits = models.PositiveIntegerField(default=0)

    class Privacy:
        title = "referral programme"
        plain: ClassVar = {
            "code": "random, the same for every friend",
            "visits": "a count, with nothing that says whose they were",
        }
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner",), name="one_referrer_a_person"),)

    def __str__(self) -> str:
        return f"referrer {self.pk}"


class Referral(PersonalModel):
    """That somebody with an account referred somebody, and on which day: not whom, and not what came of it."""

    # Random, like that of a reward: a time in it would tie it to the friend who was referred, or came.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = OwnerField()
    made_on = models.DateField(default=today)

    class Privacy:
        title = "referral"
        plain: ClassVar = {"made_on": "a day of ours"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"referral {self.pk}"


class Reward(PersonalModel):
    """Somebody who came by the referrer's link opened an account: a credit on the next invoice of their company."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = OwnerField()
    company = ConcernsField(on_erase=OnErase.CUT)
    cents = models.PositiveIntegerField()
    used = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    earned_on = models.DateField(default=today)

    class Privacy:
        title = "reward for a referral"
        plain: ClassVar = {
            "cents": "the same for everybody", "currency": "the same for everybody", "earned_on": "a day of ours",
            "used": "how much of it came off invoices",
        }  # fmt: skip
        kept_with_owner = True

    def __str__(self) -> str:
        return f"{self.cents} {self.currency}"


class Spending(PersonalModel):
    """What of a reward came off one bill; it is undone when nothing comes of the bill."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = OwnerField()
    reward = models.ForeignKey(Reward, on_delete=models.PROTECT, related_name="spendings")
    company = ConcernsField(on_erase=OnErase.DELETE)
    bill = models.UUIDField(db_index=True)
    cents = models.PositiveIntegerField()

    class Privacy:
        title = "credit used"
        plain: ClassVar = {"reward": "a random id", "bill": "a random id", "cents": "a sum of ours"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"spending {self.cents}"


class Invitee(PersonalModel):
    """A friend, from the form to the one message: a subject of their own, erased as soon as it is handed over.

    It is the ground of its own invitation, for as long as that has not been sent.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"
        DONE = "done", "to be forgotten"

    owner = OwnerField()
    your_name = Sealed(models.CharField(max_length=60), "referral.your-name")
    friend_name = Sealed(models.CharField(max_length=60), "referral.friend-name")
    friend_email = Sealed(models.EmailField(max_length=254), "referral.friend-email")
    referrer = models.ForeignKey(Referrer, null=True, on_delete=models.PROTECT, related_name="+")
    mark = models.ForeignKey(Mark, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING, db_index=True)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    ground: ClassVar[str] = "invitation"

    class Privacy:
        title = "friend to be invited"
        plain: ClassVar = {
            "referrer": "a random id", "mark": "a random id", "state": "one of three words",
            "made_at": "a time of ours", "due_at": "a time of ours", "sent_at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"invitation-sent": "sent_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"invitee {self.state}"

    def is_live(self) -> bool:
        """clause: public.referral - until the message was sent."""
        return self.state != self.State.DONE

    def covers(self, row: Row) -> bool:
        """The friend alone."""
        return bool(row.owner_id == self.owner_id)
