"""What a company chose for its security, each time it chose."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, OnErase, OwnerField
from troth.gate.subjects.models import PersonalModel


class Choice(PersonalModel):
    """A company's level, and what it chose apart from it.  The newest is current; those before are its history.

    `floor` is the floor that its owners know of: when it is raised above their choice they are told, once.
    """

    owner = OwnerField()
    by = ConcernsField(on_erase=OnErase.CUT)
    level = models.CharField(max_length=8)
    apart = models.JSONField(default=dict)
    floor = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    is_current = models.BooleanField(default=True)

    class Privacy:
        title = "choice of security"
        plain: ClassVar = {
            "level": "one of three words", "apart": "words and numbers of ours, and the company’s own networks",
            "floor": "words and numbers of ours", "made_at": "a time of ours", "is_current": "yes or no",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("owner",), condition=Q(is_current=True), name="one_current_choice_a_company"
            ),
        )

    def __str__(self) -> str:
        return f"choice {self.pk}"


class Nod(PersonalModel):
    """That a second person of a company lets one thing go ahead: a download, or a look of our support.

    `about` is what it is for, a collection or a reason given, and `page` where more is to be seen of it.
    """

    class What(models.TextChoices):
        EXPORT = "export", "Download a collection, or the answer of a query"
        LOOK = "look", "Our support looks for an hour"

    owner = OwnerField()
    asker = ConcernsField(on_erase=OnErase.CUT)
    giver = ConcernsField(on_erase=OnErase.CUT)
    what = models.CharField(max_length=6, choices=What.choices)
    about = models.UUIDField()
    page = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    given_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title = "yes of a second person"
        plain: ClassVar = {
            "what": "one of two words", "about": "a random id", "page": "an address of ours, with random ids",
            "asked_at": "a time of ours", "given_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(giver=None) | Q(asker=None) | ~Q(giver=models.F("asker")), name="two_people_a_nod"
            ),
        )

    def __str__(self) -> str:
        return f"nod {self.pk}"
