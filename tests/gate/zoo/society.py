"""Rows that people have with each other: letters, groups, files, address books, bills."""

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, Declared, OnErase, OwnerField, Sealed

from .models import Animal


class Letter(Animal):
    """From its owner to somebody.  The address is named first: the order of the links must not matter."""

    to = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("to_name", "to_email"))
    owner = OwnerField()
    signed = Sealed(models.CharField(max_length=40), "contact.name")
    to_name = Sealed(models.CharField(max_length=40), "contact.name")
    to_email = Sealed(models.EmailField(), "contact.email", lookup="email")
    text = Sealed(models.TextField(), "enquiry.message")


class Finding(Animal):
    """What a doctor found: it is the patient's own, and stays theirs without the doctor."""

    owner = OwnerField()
    doctor = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("doctor_name",))
    text = Sealed(models.TextField(), "enquiry.message")
    doctor_name = Sealed(models.CharField(max_length=40), "contact.name")


class CaseNote(Animal):
    """What a doctor keeps about a patient: it goes with either of them."""

    owner = OwnerField()
    patient = ConcernsField(on_erase=OnErase.DELETE, blank_fields=("observed",))
    observed = Sealed(models.TextField(), "enquiry.message")
    signed = Sealed(models.CharField(max_length=40), "contact.name")


class SharedFile(Animal):
    """Kept by its holders together: it stays until the last of them is gone."""

    owner = OwnerField()
    sender = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("sent_by",))
    title = Sealed(models.CharField(max_length=40), "enquiry.message")
    sent_by = Sealed(models.CharField(max_length=40), "contact.name")

    class Privacy(Animal.Privacy):
        heir = "next_holders"

    def next_holders(self) -> Iterable[UUID]:
        """The others who hold it, those who had it first before the rest."""
        others = Holding.objects.filter(file=self).exclude(owner=self.owner_id)
        return list(others.order_by("pk").values_list("owner_id", flat=True))


class Holding(Animal):
    """Somebody holds a file; a copy's note without its file makes no sense."""

    owner = OwnerField()
    file = models.ForeignKey(SharedFile, on_delete=models.CASCADE, related_name="holdings")
    note = Sealed(models.CharField(max_length=40), "enquiry.message")

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"file": "which file"}


class Group(Animal):
    """A group is its administrator's, and then the next member's."""

    owner = OwnerField()
    title = Sealed(models.CharField(max_length=40), "enquiry.message")

    class Privacy(Animal.Privacy):
        heir = "next_administrator"

    def next_administrator(self) -> UUID | None:
        """The member who came first after the administrator."""
        others = Member.objects.filter(group=self).exclude(owner=self.owner_id)
        found: UUID | None = others.order_by("pk").values_list("owner_id", flat=True).first()
        return found


class Member(Animal):
    """One place in a group."""

    owner = OwnerField()
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    nickname = Sealed(models.CharField(max_length=40), "contact.name")

    class Meta(Animal.Meta):
        constraints = (models.UniqueConstraint(fields=("owner", "group"), name="zoo_one_place_in_a_group"),)

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"group": "which group"}


class Post(Animal):
    """One of a chain of replies; the answer stays when what it answers is gone."""

    owner = OwnerField()
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="answers")
    text = Sealed(models.TextField(), "enquiry.message")

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"parent": "what it answers"}


class Invoice(Animal):
    """One of a year's books.  Nothing of the customer is in it but the link."""

    owner = OwnerField()
    customer = ConcernsField(on_erase=OnErase.CUT)
    amount = Sealed(models.DecimalField(max_digits=9, decimal_places=2), "enquiry.message")
    issued_at = models.DateTimeField(default=timezone.now)

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"issued_at": "a time of ours"}
        stays = "collect.billing"
        keep: ClassVar = {"invoice": "issued_at"}


class Order(Animal):
    """What somebody ordered.  It is their own, and names them: where the law wants it kept, their erasure waits."""

    owner = OwnerField()
    sender = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("sent_by",))
    text = Sealed(models.TextField(), "enquiry.message")
    sent_by = Sealed(models.CharField(max_length=40), "contact.name")
    issued_at = models.DateTimeField(default=timezone.now)

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"issued_at": "a time of ours"}
        keep: ClassVar = {"invoice": "issued_at", "last-contact": "issued_at"}


class OrderLine(Animal):
    """A line of an order, written by somebody else: it makes no sense without."""

    owner = OwnerField()
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    note = Sealed(models.CharField(max_length=40), "contact.name")

    class Privacy(Animal.Privacy):
        plain: ClassVar = {"order": "which order"}


class Acquaintance(Animal):
    """An entry of an address book, about somebody who may be known here too."""

    owner = OwnerField()
    about = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("name", "email", "nickname", "born"))
    name = Sealed(models.CharField(max_length=40), "contact.name")
    email = Sealed(models.EmailField(), "contact.email", lookup="email")
    nickname = Declared(models.CharField(max_length=40, blank=True), "contact.name", because="a test")
    born = Declared(models.DateField(null=True), "contact.name", because="a test")
    note = Sealed(models.TextField(), "enquiry.message")


class Introduction(Animal):
    """Its owner makes two others known to each other."""

    owner = OwnerField()
    one = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("one_name",))
    other = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("other_name",))
    one_name = Sealed(models.CharField(max_length=40), "contact.name")
    other_name = Sealed(models.CharField(max_length=40), "contact.name")


class Tally(models.Model):
    """A count kept beside the rows: how many members each group has."""

    group = models.UUIDField(unique=True)
    members = models.PositiveIntegerField()

    class Meta:
        app_label = "zoo"

    def __str__(self) -> str:
        return f"{self.members}"


class Glimpse(models.Model):
    """A cache kept beside the rows: what was last shown about a subject."""

    subject = models.CharField(max_length=32, db_index=True)
    shown = models.CharField(max_length=40)

    class Meta:
        app_label = "zoo"

    def __str__(self) -> str:
        return "glimpse"
