"""Runs of a check, what they propose, and whom the built-in one looked at last."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.collection import validate_phone
from troth.gate.duties.models import Duty
from troth.gate.subjects.fields import OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel

FIELDS = ("name", "company", "address", "phone", "email")


class Run(models.Model):
    """One go of a check: under which duty, by whom, over how many; `shared` counts numbers that several accounts have."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    looked_at = models.PositiveIntegerField(default=0)
    shared = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"run {self.pk}"


class Proposal(PersonalModel):
    """A better value for one field of somebody's registration data; nothing changes until they accept it (share.quality).

    Exactly one sealed field is filled, the one that `field` names.  Without a value it asks to look at the field.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        ACCEPTED = "accepted"
        DECLINED = "declined"

    class Why(models.TextChoices):
        PHONE = "phone", "The number is dialled only within one country as it is written"
        NUMBER = "number", "No telephone number of this form is in use"
        DOMAIN = "domain", "The address looks like one with a slip in it"
        POSTAL = "postal", "The postal code is usually written differently"
        SPACES = "spaces", "There are spaces too many"
        PROVIDER = "provider", "A service provider that checks data for us proposed it"

    owner = OwnerField()
    name = Sealed(models.CharField(max_length=120), "contact.name")
    company = Sealed(models.CharField(max_length=160), "contact.company")
    address = Sealed(models.CharField(max_length=300), "contact.address")
    phone = Sealed(models.CharField(max_length=40, validators=[validate_phone]), "contact.phone")
    email = Sealed(models.EmailField(max_length=254), "contact.email")
    field = models.CharField(max_length=8)
    has_value = models.BooleanField(default=True)
    why = models.CharField(max_length=8, choices=Why.choices)
    source = models.CharField(max_length=80)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="proposals")
    digest = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING, db_index=True)
    made_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title: ClassVar = "proposed correction"
        plain: ClassVar = {
            "field": "the name of a field", "has_value": "yes or no", "why": "one of a few words",
            "source": "a recipient's name in the statement", "run": "a random id",
            "digest": "a keyed hash, by which the same is not proposed again", "state": "one of three words",
            "made_at": "a time of ours", "answered_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-made_at", "pk")
        constraints = (models.UniqueConstraint(fields=("owner", "digest"), name="proposed_once"),)

    def __str__(self) -> str:
        return f"proposal {self.pk}"


class Checked(PersonalModel):
    """When the built-in check last looked at somebody's registration data."""

    owner = OwnerField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Privacy:
        title: ClassVar = "check of registration data"
        plain: ClassVar = {"at": "a time of ours"}
        kept_with_owner = True

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner",), name="checked_one_row"),)

    def __str__(self) -> str:
        return f"checked {self.pk}"
