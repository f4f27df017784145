"""On what grounds staff may look into a workspace, who looked and why, and who allowed more."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row
from troth.workspaces.hosted import HostedModel

LONGEST_REQUEST = timedelta(days=14)
LONGEST_INCIDENT = timedelta(days=30)
SITTING = timedelta(hours=1)
"""For how long a reason given counts."""


class SupportRequest(PersonalModel):
    """A Customer asks for help: what is wrong, what may be looked at for it, and until when.  It is a ground.

    It belongs to the workspace and goes with it.  Whoever may manage the workspace ends it at any time.
    """

    owner = OwnerField()
    by = ConcernsField(on_erase=OnErase.CUT)
    text = Sealed(models.TextField(max_length=5000), "customer-data.record")
    number = models.CharField(max_length=12, unique=True)
    is_whole = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    ground: ClassVar[str] = "support-request"

    class Privacy:
        title = "request for help"
        plain: ClassVar = {
            "number": "random", "is_whole": "yes or no", "opened_at": "a time of ours",
            "ends_at": "a time somebody chose", "ended_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-opened_at", "pk")

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        """How the record names it."""
        return self.number

    @classmethod
    def live(cls) -> Q:
        """Those that are open."""
        return Q(ended_at=None, ends_at__gt=timezone.now())

    def is_live(self) -> bool:
        """clause: hosting.access - as it stands in the store now, whoever ended it meanwhile."""
        return SupportRequest.objects.filter(self.live(), pk=self.pk).exists()

    @property
    def until(self) -> datetime:
        """Its last moment, past or to come."""
        return self.ended_at or self.ends_at

    @property
    def is_open(self) -> bool:
        """Whether it was open when this copy was read."""
        return self.until > timezone.now()

    def lock(self) -> None:
        """Keep it as it is until the act ends: whoever looks and whoever ends it wait for each other."""
        list(SupportRequest.objects.select_for_update().filter(pk=self.pk).values_list("pk"))

    def workspaces(self) -> list[UUID]:
        """The one it was opened in."""
        return [self.owner_id]

    def part_ids(self, workspace: UUID) -> set[UUID] | None:
        """What may be looked at: the chosen parts, None for the whole workspace, nothing elsewhere."""
        if workspace != self.owner_id:
            return set()
        return None if self.is_whole else set(self.shown.values_list("part", flat=True))

    def covers(self, row: Row) -> bool:
        """Itself, what was noted under it, and what the Customer chose."""
        return row.owner_id == self.owner_id and reaches(self, row)


class ShownPart(PersonalModel):
    """One part of the workspace that a request lets support look at, with its name of that day."""

    owner = OwnerField()
    request = models.ForeignKey(SupportRequest, on_delete=models.CASCADE, related_name="shown")
    name = Sealed(models.CharField(max_length=300), "customer-data.record")
    part = models.UUIDField()

    class Privacy:
        title = "part of a workspace shown to support"
        plain: ClassVar = {"request": "a random id", "part": "a random id"}
        kept_with_owner = True

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("request", "part"), name="one_showing_a_part"),)

    def __str__(self) -> str:
        return f"part {self.part}"


class Incident(models.Model):
    """A service or technical problem, or planned work to prevent one: what it is, which workspaces, until when.

    One administrator opens it and another approves it; before that it is no ground.
    """

    class Kind(models.TextChoices):
        PROBLEM = "problem", "Problem"
        PLANNED = "planned", "Planned work"

    number = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    about = models.TextField(max_length=2000)
    opened_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    ground: ClassVar[str] = "incident"

    class Meta:
        ordering = ("-opened_at", "pk")

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        """How the record names it."""
        return self.number

    @classmethod
    def live(cls) -> Q:
        """Those that were approved and go on."""
        return Q(approved_at__isnull=False, ended_at=None, ends_at__gt=timezone.now())

    def is_live(self) -> bool:
        """clause: hosting.access - as it stands in the store now, and signed by two."""
        is_on = Incident.objects.filter(self.live(), pk=self.pk).exists()
        return is_on and Signature.objects.filter(incident=self).count() > 1

    @property
    def until(self) -> datetime:
        """Its last moment, past or to come."""
        return self.ended_at or self.ends_at

    @property
    def is_open(self) -> bool:
        """Whether it went on when this copy was read."""
        return self.until > timezone.now()

    def lock(self) -> None:
        """Keep it as it is until the act ends: whoever looks and whoever ends it wait for each other."""
        list(Incident.objects.select_for_update().filter(pk=self.pk).values_list("pk"))

    def workspaces(self) -> list[UUID]:
        """Those it reaches."""
        return list(Affected.objects.filter(incident=self).values_list("owner_id", flat=True))

    def part_ids(self, workspace: UUID) -> set[UUID] | None:
        """Everything in the workspaces it reaches (None), nothing elsewhere."""
        return None if Affected.objects.filter(incident=self, owner=workspace).exists() else set()

    def covers(self, row: Row) -> bool:
        """What lies in a workspace that it reaches."""
        return reaches(self, row)


class Signature(PersonalModel):
    """An administrator who opened an incident, or approved it: one name stands under it once."""

    owner = OwnerField()
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="signatures")
    is_approval = models.BooleanField()
    signed_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "signature under an incident"
        plain: ClassVar = {"incident": "a number", "is_approval": "yes or no", "signed_at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("incident", "owner"), name="two_people_under_an_incident"),
            models.UniqueConstraint(fields=("incident", "is_approval"), name="one_approval_an_incident"),
        )

    def __str__(self) -> str:
        return f"signature {self.pk}"


class Affected(PersonalModel):
    """A workspace that an incident reaches."""

    owner = OwnerField()
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="affected")

    class Privacy:
        title = "workspace in an incident"
        plain: ClassVar = {"incident": "a number"}
        kept_with_owner = True

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("incident", "owner"), name="one_reach_a_workspace"),)

    def __str__(self) -> str:
        return f"reach {self.pk}"


class Sitting(PersonalModel):
    """A member of staff says why they look, and may then look for an hour on one ground, in one workspace."""

    class Reason(models.TextChoices):
        FIND = "find", "To find out what is wrong"
        CHECK = "check", "To check whether it works now"
        TAKE_OVER = "take over", "To take over from a colleague"

    owner = OwnerField()
    staff = ConcernsField(on_erase=OnErase.CUT)
    note = Sealed(models.TextField(max_length=1000), "customer-data.record")
    role = models.CharField(max_length=20)
    number = models.CharField(max_length=12, db_index=True)
    reason = models.CharField(max_length=9, choices=Reason.choices)
    begun_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "look of our staff"
        plain: ClassVar = {
            "role": "a role of staff", "number": "the ground’s, random", "reason": "one of three words",
            "begun_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-begun_at", "pk")

    def __str__(self) -> str:
        return f"sitting {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When a new reason is needed."""
        return self.begun_at + SITTING


class Looked(PersonalModel):
    """One page that was looked at: which part, how many items.  Written together with the entry of the use."""

    owner = OwnerField()
    staff = ConcernsField(on_erase=OnErase.CUT)
    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="looks")
    part = models.UUIDField()
    items = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "page that our staff looked at"
        plain: ClassVar = {
            "sitting": "a random id", "part": "a random id", "items": "a count", "at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"look {self.pk}"


class Approval(PersonalModel):
    """A member of staff asks to look at more than is open to one person within an hour; an administrator allows it."""

    owner = OwnerField()
    approver = ConcernsField(on_erase=OnErase.CUT)
    number = models.CharField(max_length=12)
    asked_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True, db_index=True)

    class Privacy:
        title = "approval of a longer look"
        plain: ClassVar = {
            "number": "the ground’s, random",
            "asked_at": "a time of ours",
            "approved_at": "a time of ours",
        }
        kept_with_owner = True

    class Meta:
        ordering = ("asked_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(approver=None) | ~Q(approver=models.F("owner")), name="nobody_approves_their_own"
            ),
        )

    def __str__(self) -> str:
        return f"approval {self.pk}"


def reaches(ground: Any, row: Row) -> bool:
    """Whether a ground that names workspaces and parts covers a row of theirs."""
    if isinstance(row, SupportRequest | ShownPart):
        return ground.pk in (row.pk, getattr(row, "request_id", None))
    if isinstance(row, Sitting):
        return bool(row.number == ground.number)
    chosen = ground.part_ids(row.owner_id)
    return chosen is None or (isinstance(row, HostedModel) and any(part in chosen for part in row.parts))
