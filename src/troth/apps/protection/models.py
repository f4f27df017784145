"""What a rule found, and what is done about it until when (clause security.environment).

The alarms of a day belong to a data subject that is nobody, whose key dies with the last of them.
"""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.subjects.fields import Declared, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel


class Alarm(PersonalModel):
    """One time a rule fired: where from, in which session, what was tried, and what was done about it."""

    owner = OwnerField()
    rule = models.CharField(max_length=40)
    did = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    address = Sealed(models.CharField(max_length=45), "security-signals.signal-address")
    in_session = Sealed(models.CharField(max_length=80), "security-signals.signal-session")
    tried = Sealed(models.CharField(max_length=300), "security-signals.signal-request")

    class Privacy:
        title = "alarm"
        plain: ClassVar = {
            "rule": "which rule fired, a word of ours", "did": "what was done, words of ours", "at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"signal": "at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"alarm {self.rule}"


class Measure(PersonalModel):
    """What is done about an alarm until a time: to a net, to one session's family of tickets, or to one account.

    `target` is bytes: what is compared with each request before anything else happens.
    """

    class Kind(models.TextChoices):
        NET = "net", "net"
        FAMILY = "family", "session"
        ACCOUNT = "account", "account"

    class Act(models.TextChoices):
        SLOW = "slow", "slowed down"
        CHALLENGE = "challenge", "asked for a mailed code"
        BLOCK = "block", "blocked"

    owner = OwnerField()
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="measures")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    act = models.CharField(max_length=10, choices=Act.choices)
    target = Declared(
        models.BinaryField(max_length=16, editable=False), "security-signals.signal-address",
        because="compared with each request before anything else happens; it goes a day after the measure ends",
    )  # fmt: skip
    bits = models.PositiveSmallIntegerField(default=128)
    until = models.DateTimeField()
    changed_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Privacy:
        title = "measure against an attack"
        plain: ClassVar = {
            "alarm": "the number of an alarm", "kind": "choice from a fixed list", "act": "choice from a fixed list",
            "bits": "how large a net is", "until": "a time of ours", "changed_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-until", "-pk")

    def __str__(self) -> str:
        return f"measure {self.pk}"


class Canary(models.Model):
    """A data subject that is nobody: whoever opens what it has was not asked to."""

    whose = models.UUIDField(unique=True)
    added_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"canary {self.pk}"
