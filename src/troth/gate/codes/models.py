"""Mailed codes: eight digits that prove that somebody reads the mail of an address, for one act."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from ..subjects.fields import OwnerField
from ..subjects.models import PersonalModel

LIVES = timedelta(minutes=10)
KEPT = timedelta(days=1)
MOST_TRIES = 6
MOST_SENT = 5
"""Codes in an hour: to one address for one act, and for one subject in all."""


class MailedCode(PersonalModel):
    """One code.  Kept for a day, so that it can be counted how many were sent; the code itself is kept nowhere here."""

    owner = OwnerField()
    act = models.CharField(max_length=40)
    about_token = models.CharField(max_length=100, blank=True)
    code_hash = models.BinaryField(max_length=32)
    address_hash = models.BinaryField(max_length=32, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Privacy:
        title = "mailed code"
        plain: ClassVar = {
            "act": "what the code is for, a word of ours", "about_token": "random ids",
            "code_hash": "a keyed hash of random digits",
            "address_hash": "a keyed hash, kept for a day, by which an address is spared too many codes",
            "tries": "a count", "made_at": "a time of ours", "expires_at": "a time of ours", "used_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    def __str__(self) -> str:
        return f"code for {self.act}"
