"""People with an account, the companies they belong to, and who was invited to join them."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.accounts.models import User
from troth.gate.collection import validate_phone
from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row

UNFINISHED = timedelta(days=1)
"""How long a registration waits for its code before everything typed is erased."""

INVITED = timedelta(days=7)
"""How long an invitation stands."""


class Person(PersonalModel):
    """Somebody with an account, and the ground on which it is run.  Until the address is proven it is only asked for."""

    owner = OwnerField()
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="person")
    name = Sealed(models.CharField(max_length=120), "contact.name")
    company = Sealed(models.CharField(max_length=160), "contact.company")
    address = Sealed(models.CharField(max_length=300), "contact.address")
    phone = Sealed(models.CharField(max_length=40, validators=[validate_phone]), "contact.phone")
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    notice_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    proven_at = models.DateTimeField(null=True, blank=True)
    is_gathered = models.BooleanField(default=False)

    ground: ClassVar[str] = "account"

    class Privacy:
        title = "account"
        plain: ClassVar = {
            "user": "a random id", "notice_hash": "the hash of a notice that everybody gets", "made_at": "a time of ours",
            "proven_at": "a time of ours", "is_gathered": "whether earlier enquiries were looked for",
        }  # fmt: skip
        kept_with_owner = True

    def __str__(self) -> str:
        return f"person {self.pk}"

    def is_live(self) -> bool:
        """clause: use.requested - an account that is open."""
        return self.proven_at is not None

    def covers(self, row: Row) -> bool:
        """What its owner has here."""
        return bool(row.owner_id == self.owner_id)


class Customer(PersonalModel):
    """A company.  It is a data subject of its own, and the ground on which its people see each other's names."""

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=160), "contact.company")
    since = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = "account"

    class Privacy:
        title = "company"
        plain: ClassVar = {"since": "a time of ours"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"customer {self.pk}"

    def is_live(self) -> bool:
        """clause: use.requested - until it is closed, which erases it."""
        return True

    def covers(self, row: Row) -> bool:
        """Its own name, its people's, and whom it has invited."""
        if isinstance(row, Person):
            return Membership.objects.filter(customer=self.owner_id, owner=row.owner_id).exists()
        return row.owner_id == self.owner_id or getattr(row, "customer_id", None) == self.owner_id


class Role(models.TextChoices):
    """What somebody may do in their company: the earlier one may do more."""

    OWNER = "owner", "Owner"
    ADMINISTRATOR = "administrator", "Administrator"
    MEMBER = "member", "Member"
    BILLING = "billing", "Billing"


MANAGERS = (Role.OWNER, Role.ADMINISTRATOR)


class Membership(PersonalModel):
    """One person's place in a company; it ends with either of them."""

    owner = OwnerField()
    customer = ConcernsField(on_erase=OnErase.DELETE)
    role = models.CharField(max_length=13, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "place in a company"
        plain: ClassVar = {"role": "one of four words", "since": "a time of ours"}
        kept_with_owner = True
        joined = "keep_the_stronger"

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "customer"), name="one_place_in_a_company"),)
        ordering = ("since", "pk")

    def __str__(self) -> str:
        return self.get_role_display()

    def keep_the_stronger(self, other: "Membership") -> None:
        """Two places of one person are one: of their roles the one that may do more stays."""
        if Role.values.index(other.role) < Role.values.index(self.role):
            Membership.objects.filter(pk=self.pk).update(role=other.role)


class Invitation(PersonalModel):
    """Somebody was asked to join a company.  Only the address it went to can accept it, once.

    The address belongs to a subject of its own, which is erased when the invitation runs out.
    """

    owner = OwnerField()
    customer = ConcernsField(on_erase=OnErase.DELETE)
    inviter = ConcernsField(on_erase=OnErase.CUT)
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    role = models.CharField(max_length=13, choices=Role.choices)
    token_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = "account"

    class Privacy:
        title = "invitation to a company"
        plain: ClassVar = {
            "role": "one of four words", "token_hash": "the hash of a random token", "made_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def ends_at(self) -> datetime:
        """When it runs out."""
        return self.made_at + INVITED

    def is_live(self) -> bool:
        """Until it is accepted or withdrawn, which takes it away, or runs out."""
        return timezone.now() < self.ends_at


class NewAddress(PersonalModel):
    """The address to which somebody wants to move their account, until a code proves it."""

    owner = OwnerField()
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    code = models.UUIDField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        title = "address to be proven"
        is_wish = True
        plain: ClassVar = {"code": "the random id of a code", "made_at": "a time of ours"}
        kept_with_owner = True

    def __str__(self) -> str:
        return f"new address {self.pk}"
