"""Animals: rows that concern a second subject, and end with them as each one says."""

from typing import ClassVar

from django.db import models

from troth.gate.subjects.fields import ConcernsField, Declared, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel


class Animal(PersonalModel):
    """What all of them are: their own ground, kept with their owner."""

    ground: ClassVar[str] = "enquiry"

    class Meta:
        abstract = True
        app_label = "zoo"

    class Privacy:
        kept_with_owner = True

    def __str__(self) -> str:
        return "animal"

    def is_live(self) -> bool:
        return True

    def covers(self, row: PersonalModel) -> bool:
        return bool(row.owner_id == self.owner_id)  # type: ignore[attr-defined]


class Parrot(Animal):
    """Goes with whoever it concerns."""

    owner = OwnerField()
    about = ConcernsField(on_erase=OnErase.DELETE)
    name = Sealed(models.CharField(max_length=40), "contact.name")


class Magpie(Animal):
    """Stays, and forgets what it says about them: one column in clear, one sealed field with an index."""

    owner = OwnerField()
    about = ConcernsField(on_erase=OnErase.BLANK, blank_fields=("nickname", "email"))
    nickname = Declared(models.CharField(max_length=40), "contact.name", because="a test")
    email = Sealed(models.EmailField(), "contact.email", lookup="email")
    name = Sealed(models.CharField(max_length=40), "contact.name")


class Elephant(Animal):
    """Stays as it is; only the link goes."""

    owner = OwnerField()
    about = ConcernsField(on_erase=OnErase.CUT)
    name = Sealed(models.CharField(max_length=40), "contact.name")


class Chameleon(Animal):
    """Holds every kind of value."""

    owner = OwnerField()
    text = Sealed(models.TextField(null=True), "contact.name")
    number = Sealed(models.IntegerField(null=True), "contact.phone")
    flag = Sealed(models.BooleanField(null=True), "contact.company")
    day = Sealed(models.DateField(null=True), "contact.address")
    amount = Sealed(models.DecimalField(max_digits=9, decimal_places=2, null=True), "enquiry.message")
