"""The same contact three times over, an enquiry in clear, and the audit row of a house without a ledger."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone
from encrypted_fields.fields import EncryptedCharField, EncryptedEmailField

from troth.apps.enquiries.models import Enquiry
from troth.gate.ids import uuid7
from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.models import DataSubject, PersonalModel


class SealedContact(PersonalModel):
    """Three sealed fields, one of them found by a blind index; it is its own ground."""

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=120), "contact.name")
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    phone = Sealed(models.CharField(max_length=40), "contact.phone")
    topic = models.CharField(max_length=80)

    ground: ClassVar[str] = "enquiry"

    def is_live(self) -> bool:
        """As long as it is kept."""
        return True

    def covers(self, row: PersonalModel) -> bool:
        """Rows of its owner."""
        return bool(row.owner_id == self.owner_id)  # type: ignore[attr-defined]


class PlainContact(models.Model):
    """The same in clear, found by a plain index."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.ForeignKey(DataSubject, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, db_index=True)
    phone = models.CharField(max_length=40)
    topic = models.CharField(max_length=80)


class FernetContact(models.Model):
    """The same with django-fernet-encrypted-fields: one key for everybody, no search."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.ForeignKey(DataSubject, on_delete=models.PROTECT, related_name="+")
    name = EncryptedCharField(max_length=120)
    email = EncryptedEmailField(max_length=254)
    phone = EncryptedCharField(max_length=40)
    topic = models.CharField(max_length=80)


class PlainEnquiry(models.Model):
    """An enquiry in clear, with every column the inbox shows or sorts by."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner = models.ForeignKey(DataSubject, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=160)
    address = models.CharField(max_length=300)
    phone = models.CharField(max_length=40)
    email = models.EmailField(max_length=254, db_index=True)
    message = models.TextField(max_length=5000)
    topic = models.CharField(max_length=80)
    state = models.CharField(
        max_length=8, choices=Enquiry.State.choices, default=Enquiry.State.OPEN, db_index=True
    )
    assignee = models.ForeignKey(DataSubject, on_delete=models.PROTECT, null=True, related_name="+")
    link_hash = models.BinaryField(max_length=32, unique=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)
    last_contact_at = models.DateTimeField(default=timezone.now)

    State = Enquiry.State

    class Meta:
        ordering = ("-received_at",)


class AuditRow(models.Model):
    """What a house without a ledger writes about a read: one row in clear, found by time."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.CharField(max_length=32)
    role = models.CharField(max_length=80)
    purpose = models.CharField(max_length=80)
    detail = models.TextField()


class Card(PersonalModel):
    """One of six tables that hold something about everybody."""

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=120), "contact.name")
    email = Sealed(models.EmailField(max_length=254), "contact.email", lookup="email")
    note = Sealed(models.TextField(), "enquiry.message")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    class Privacy:
        plain = {"made_at": "a time"}
        kept_with_owner = True


class PlainCard(models.Model):
    """The same in clear."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(max_length=254, db_index=True)
    note = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True


def _six(base: type[models.Model]) -> list[type[models.Model]]:
    return [
        type(base)(f"{base.__name__}{n}", (base,), {"__module__": __name__, "Meta": type("Meta", (), {})})
        for n in range(6)
    ]


CARDS = _six(Card)
PLAIN_CARDS = _six(PlainCard)


class PlainPot(models.Model):
    """A row of eight fields in clear, three of them found by a plain index."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=120, db_index=True)
    email = models.EmailField(max_length=254, db_index=True)
    phone = models.CharField(max_length=40, db_index=True)
    city = models.CharField(max_length=120)
    day = models.DateField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    is_paid = models.BooleanField()
    note = models.TextField()


class OfOneWorkspace(models.Manager["PlainRecord"]):
    """Rows of the workspace that is open, as any application with customers filters them."""

    here: ClassVar[list[UUID]] = []

    def get_queryset(self) -> models.QuerySet["PlainRecord"]:
        return super().get_queryset().filter(owner_id=self.here[-1])


class PlainCollection(models.Model):
    """A collection in clear."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=120)

    objects = OfOneWorkspace()


class PlainField(models.Model):
    """A field of a collection in clear."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField(db_index=True)
    collection = models.ForeignKey(PlainCollection, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=9)
    finding = models.CharField(max_length=10)
    position = models.PositiveIntegerField(default=0)
    target_id = None

    objects = OfOneWorkspace()

    class Meta:
        ordering = ("position", "pk")

    @property
    def is_found(self) -> bool:
        """As the real one."""
        return self.finding != "none"


class PlainRecord(models.Model):
    """A record in clear, its e-mail address also in a column of its own with a plain index."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField()
    collection = models.ForeignKey(PlainCollection, on_delete=models.PROTECT, related_name="+")
    content = models.TextField()
    email = models.EmailField(max_length=254)
    revision = models.PositiveIntegerField(default=1)
    is_shown = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = OfOneWorkspace()
    every: ClassVar[models.Manager["PlainRecord"]] = models.Manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        indexes = (
            models.Index(fields=("owner_id", "collection", "-made_at", "-id", "is_shown"), name="plain_page"),
            models.Index(fields=("owner_id", "collection", "email"), name="plain_email"),
        )


class PlainInvited(models.Model):
    """An address that was invited, in clear, found by a plain unique index."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    address = models.EmailField(max_length=254, unique=True)
    state = models.CharField(max_length=8, default="sending")
    made_on = models.DateField(default=timezone.now)


class PlainPost(models.Model):
    """A post in clear, with its HTML beside it."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    owner_id = models.UUIDField(db_index=True)
    thread = models.UUIDField()
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=140)
    body = models.TextField()
    html = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("thread", "number"), name="one_plain_post_a_number"),)
