"""Who can sign in.  The sign-in library's tables see a random handle, never an address (design section 4)."""

import secrets
import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from troth.gate.ids import uuid7
from troth.gate.subjects.fields import OwnerField, PersonalManager, Sealed
from troth.gate.subjects.models import DataSubject, PersonalModel

from .tickets import COMPANY, Kin


def new_handle() -> str:
    """A random stand-in for an address, under a domain that can never receive mail (RFC 2606)."""
    return f"{secrets.token_hex(16)}@handle.invalid"


class UserManager(BaseUserManager["User"]):
    def create_user(self, subject: DataSubject, handle: str, password: str | None = None) -> "User":
        """A login for a subject; without a password it cannot be used until one is set."""
        user = self.model(subject=subject, email=handle)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A login.  `email` is the handle, under the name that the sign-in library looks for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.ForeignKey(DataSubject, on_delete=models.PROTECT, related_name="+")
    email = models.CharField(max_length=80, unique=True)
    is_active = models.BooleanField(default=True)
    # A hash does not tell: such a password needs the second factor beside it for as long as it stands.
    is_password_short = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects = UserManager()

    def __str__(self) -> str:
        return self.email


class AddressHandle(models.Model):
    """Maps the keyed hash of a normalised address to its handle; nothing here can be turned back into an address."""

    index = models.BinaryField(max_length=32, unique=True)
    handle = models.CharField(max_length=80, unique=True, default=new_handle)

    def __str__(self) -> str:
        return self.handle


class Role(models.TextChoices):
    """Roles of staff: each is a recipient of the statement."""

    SALES = "sales", "Sales"
    SUPPORT = "support", "Support"
    PRIVACY_OFFICER = "privacy-officer", "Privacy officer"
    ADMINISTRATOR = "administrator", "Administrator"
    OWNER = "owner", "Owner"


class StaffManager(PersonalManager):  # type: ignore[type-arg]
    """Those who work here; who has left is found by `everybody`."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(left_at=None)


class StaffMember(PersonalModel):
    """A member of staff: a data subject whose name and address are sealed like anybody's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = OwnerField()
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="staff")
    name = Sealed(models.CharField(max_length=120), "staff-record.name")
    email = Sealed(models.EmailField(), "staff-record.email", lookup="email")
    role = models.CharField(max_length=20, choices=Role.choices)
    country = models.CharField(max_length=2)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = StaffManager()
    everybody: Any = PersonalManager()

    class Privacy:
        title = "staff record"
        plain = {
            "user": "a random id", "role": "one of five words; uses are recorded by it",
            "country": "where staff sit is published (clause transfer.global)",
            "left_at": "a time of ours",
        }  # fmt: skip
        keep = {"leaving": "left_at"}
        on_expire = "erase-owner"

    def __str__(self) -> str:
        return self.get_role_display()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """With the record goes the login: nothing is left that leads from an address to nobody."""
        user = self.user
        gone = super().delete(*args, **kwargs)
        SignIn.objects.filter(owner=self.owner_id).delete()
        AddressHandle.objects.filter(handle=user.email).delete()
        user.delete()
        return gone


class SignIn(PersonalModel):
    """One sign-in and the session it began, so that people see where their account is used."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = OwnerField()
    browser = Sealed(models.CharField(max_length=300), "account.sign-in-browser")
    address = Sealed(models.CharField(max_length=45), "account.sign-in-address")
    session = models.CharField(max_length=40, db_index=True)
    came_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="led_to")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    was_copied = models.BooleanField(default=False)

    class Privacy:
        title = "sign-in"
        plain = {
            "session": "the hash of a random token",
            "came_from": "the random id of a sign-in", "at": "a time of ours", "ended_at": "a time of ours",
            "seen_at": "a time of ours, to the hour",
            "was_copied": "whether it ended because an old ticket of it was shown",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class Crossing(models.Model):
    """A minute in which one browser may go on from the company host to the community host, once."""

    code = models.CharField(max_length=64, unique=True)
    asked = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session = models.CharField(max_length=40)
    began = models.PositiveBigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"crossing {self.pk}"


class Family(models.Model):
    """The tickets of one session in one browser, one after the other (decision 0031).

    `generation` is the newest ticket that the browser has shown; the next one is worked out from it.  A family that
    was left, at a sign-in or when somebody confirmed who they are, lets nobody in, and stays to know its tickets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="families")
    key = models.CharField(max_length=200)
    salt = models.BinaryField(max_length=16)
    device = models.BinaryField(max_length=32)
    generation = models.PositiveIntegerField(default=0)
    current = models.BinaryField(max_length=32, default=bytes)
    previous = models.BinaryField(max_length=32, default=bytes)
    moved_at = models.BigIntegerField()
    left_at = models.BigIntegerField(null=True)
    host = models.CharField(max_length=9, default=COMPANY)

    def __str__(self) -> str:
        return f"family {self.pk}"

    @property
    def kin(self) -> Kin:
        """What of it decides about a ticket."""
        return Kin(
            self.id, bytes(self.salt), bytes(self.device), self.generation, bytes(self.current),
            bytes(self.previous), self.moved_at, self.left_at, self.host,
        )  # fmt: skip


class Binding(models.Model):
    """The device that a session is bound to, by the public half of a key of its own (decision 0048).

    A key belongs to one session, so that it tells nobody which sessions share a device.  It holds `since` its browser
    first showed that it has heard of it: an answer can be lost.  `asked` is the hash of the newest challenge that is
    open, `asked_before` that of the one before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="binding")
    algorithm = models.CharField(max_length=5)
    public = models.BinaryField(max_length=600)
    since = models.BigIntegerField(null=True)
    asked = models.BinaryField(max_length=32, default=bytes)
    asked_at = models.BigIntegerField(default=0)
    asked_before = models.BinaryField(max_length=32, default=bytes)
    asked_before_at = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"binding {self.pk}"
