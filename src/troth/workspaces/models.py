"""A Customer's workspace, the agreement it stands on, and everybody who was let in."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.accounts.people.models import Customer, Membership, Person
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row

OFFERED = timedelta(days=7)
"""How long somebody who was let in has time to accept."""


class Right(models.TextChoices):
    """What somebody may do in a workspace: each includes those before it."""

    VIEW = "view", "See"
    EDIT = "edit", "Change"
    SHARE = "share", "Change and share"
    MANAGE = "manage", "Manage"
    OWN = "own", "Own"

    def reaches(self, wanted: "Right") -> bool:
        """Whether it is enough for what is wanted."""
        order = list(Right)
        return order.index(self) >= order.index(wanted)


GRANTABLE = (Right.VIEW, Right.EDIT, Right.SHARE)
"""What can be granted to somebody outside."""


class Role(models.TextChoices):
    """A place in a workspace: the earlier one may do more."""

    OWNER = "owner", "Owner"
    ADMINISTRATOR = "administrator", "Administrator"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


RIGHT_OF = {
    Role.OWNER: Right.OWN, Role.ADMINISTRATOR: Right.MANAGE, Role.EDITOR: Right.EDIT, Role.VIEWER: Right.VIEW,
}  # fmt: skip


class Workspace(PersonalModel):
    """A data subject of its own, whose key seals everything in it.  Its id is its subject's.

    It is the ground on which those in it see each other's names, and outlives the Customer by the days in which data
    can still be taken along.
    """

    owner = OwnerField()
    customer = ConcernsField(on_erase=OnErase.CUT)
    name = Sealed(models.CharField(max_length=160), "customer-data.record")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    is_companys = models.BooleanField(default=False)

    ground: ClassVar[str] = "account"

    class Privacy:
        plain: ClassVar = {
            "made_at": "a time of ours", "ended_at": "the time the keep rule counts from",
            "is_companys": "whether it is the Company's own",
        }  # fmt: skip
        keep: ClassVar = {"agreement-end": "ended_at"}
        on_expire = "erase-owner"

    class Meta:
        ordering = ("made_at",)
        constraints = (
            models.UniqueConstraint(fields=("owner",), name="one_row_a_workspace"),
            models.UniqueConstraint(
                fields=("is_companys",), condition=Q(is_companys=True), name="one_workspace_of_the_company"
            ),
        )

    def __str__(self) -> str:
        return f"workspace {self.owner_id}"

    def is_live(self) -> bool:
        """clause: use.requested - until it is erased."""
        return True

    def covers(self, row: Row) -> bool:
        """The names of those in it, of the companies let in, and of whom it waits for."""
        if isinstance(row, Person):
            return _is_in(self, row.owner_id)
        if isinstance(row, Customer):
            is_ours = row.owner_id == self.customer_id
            return is_ours or Grant.objects.filter(owner=self.owner_id, to=row.owner_id).exists()
        return isinstance(row, Offer) and row.workspace_id == self.owner_id


def _is_in(workspace: Workspace, person: Any) -> bool:
    """Whether somebody was let in: seated, or by a grant to them or to their company."""
    if Seat.objects.filter(owner=person, workspace=workspace.owner_id).exists():
        return True
    companies = Membership.objects.filter(owner=person).values_list("customer_id", flat=True)
    return Grant.objects.filter(owner=workspace.owner_id, to__in=[person, *companies]).exists()


class Acceptance(PersonalModel):
    """A Customer accepted the Subscription Agreement: which text, when, and by which of its owners."""

    owner = OwnerField()
    by = ConcernsField(on_erase=OnErase.CUT)
    agreement_hash = models.CharField(max_length=64)
    accepted_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "acceptance of the agreement"
        plain: ClassVar = {
            "agreement_hash": "the hash of a text that everybody gets", "accepted_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "agreement_hash"), name="one_acceptance_a_text"),
        )

    def __str__(self) -> str:
        return f"acceptance {self.pk}"


class Seat(PersonalModel):
    """One person's place in a workspace of their own company; it ends with either of them."""

    owner = OwnerField()
    workspace = ConcernsField(on_erase=OnErase.DELETE)
    role = models.CharField(max_length=13, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "place in a workspace"
        plain: ClassVar = {"role": "one of four words", "since": "a time of ours"}
        kept_with_owner = True
        joined = "keep_the_stronger"

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("owner", "workspace"), name="one_seat_in_a_workspace"),
        )
        ordering = ("since", "pk")

    def __str__(self) -> str:
        return self.get_role_display()

    def keep_the_stronger(self, other: "Seat") -> None:
        """Two places of one person are one: of their roles the one that may do more stays."""
        if Role.values.index(other.role) < Role.values.index(self.role):
            Seat.objects.filter(pk=self.pk).update(role=other.role)


class Scoped(PersonalModel):
    """What a grant and the offer of one have in common: how much of a workspace, which right, until when.

    `part` is the id of a collection or a file; blank for the whole workspace.
    """

    right = models.CharField(max_length=6, choices=[(each.value, each.label) for each in GRANTABLE])
    part = models.UUIDField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


SCOPED = {
    "right": "one of three words", "part": "a random id", "ends_at": "a time somebody chose", "made_at": "a time of ours",
}  # fmt: skip


class Grant(Scoped):
    """Access that a Customer gave, to a person or to everybody of another Customer, and has not taken back.

    `giver` is whose grant was passed on, blank when the workspace's own people gave it: what was passed on ends with
    what it rests on.
    """

    owner = OwnerField()
    to = ConcernsField(on_erase=OnErase.DELETE)
    giver = ConcernsField(on_erase=OnErase.CUT)

    class Privacy:
        title = "access to a workspace"
        plain: ClassVar = SCOPED
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "to", "part"), name="one_grant_a_part", nulls_distinct=False
            ),
        )

    def __str__(self) -> str:
        return f"grant {self.pk}"

    @classmethod
    def live(cls) -> Q:
        """Those whose end has not come."""
        return Q(ends_at=None) | Q(ends_at__gt=timezone.now())


class Offer(Scoped):
    """A grant that waits until the reader of one address accepts it.

    The address belongs to a subject of its own, which is erased when the offer is accepted, withdrawn or too old.
    """

    owner = OwnerField()
    workspace = ConcernsField(on_erase=OnErase.DELETE)
    giver = ConcernsField(on_erase=OnErase.CUT)
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    is_for_company = models.BooleanField(default=False)
    token_hash = models.BinaryField(max_length=32, unique=True)

    ground: ClassVar[str] = "account"

    class Privacy:
        title = "offer of access to a workspace"
        plain: ClassVar = {
            **SCOPED, "is_for_company": "yes or no", "token_hash": "the hash of a random token",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"offer {self.pk}"

    @property
    def lapses_at(self) -> datetime:
        """When it is too late to accept."""
        until = self.made_at + OFFERED
        return min(until, self.ends_at) if self.ends_at else until

    def is_live(self) -> bool:
        """Until it is accepted or withdrawn, which takes it away, or lapses."""
        return timezone.now() < self.lapses_at

    def covers(self, row: Row) -> bool:
        """Itself."""
        return bool(row.owner_id == self.owner_id)


class Asked(PersonalModel):
    """That an address was sent an offer of a workspace: kept for a day, so that nobody is mailed without end."""

    owner = OwnerField()
    address_hash = models.BinaryField(max_length=32, db_index=True)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Privacy:
        title = "count of offers"
        plain: ClassVar = {
            "address_hash": "a keyed hash, kept for a day, by which an address is spared too many offers",
            "made_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    def __str__(self) -> str:
        return f"count {self.pk}"
