"""Web Site Navigational Information: the days, what was done on them, and the addresses it came from, apart.

clause: collect.navigation, navigation.anonymous.  What was done belongs to its day, a data subject that is nobody: its
key dies when the day has been kept long enough.  The addresses of a day belong to another, whose key dies sooner.
Nothing here leads from an address to what was done, and only the day's secret leads from a browser to its aliases.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from troth.gate.ids import uuid7
from troth.gate.subjects.fields import Declared, OwnerField, Sealed
from troth.gate.subjects.models import PersonalModel
from troth.gate.uses.actor import Row

ALIAS_BYTES = 16
"""Bytes of the alias that stands for a browser on one day."""
LONGEST = {"path": 200, "referrer": 200, "target": 200, "campaign": 120, "done": 50}
"""Characters of what is kept; longer is cut."""


class What(models.IntegerChoices):
    """What was done: a choice from a fixed list."""

    VIEW = 1, "page viewed"
    LINK = 2, "link clicked"
    DOWNLOAD = 3, "file fetched"
    FORM_BEGUN = 4, "form begun"
    FORM_SENT = 5, "form sent"
    READ = 6, "page read"
    ERROR = 7, "error on the page"
    OTHER = 8, "something else"
    MISSING = 9, "page not found"


class Day(PersonalModel):
    """One day of visits, from its beginning in UTC; with its owner's key goes all that was done on it."""

    owner = OwnerField()
    began_at = models.DateTimeField(unique=True)
    secret = Sealed(models.CharField(max_length=64), "navigation-cookie.number")
    """What the aliases of this day are made with (hex)."""

    class Privacy:
        title = "day of visits"
        plain: ClassVar = {"began_at": "midnight, the same for everybody"}
        keep: ClassVar = {"visit": "began_at", "last-visit": "began_at"}
        on_expire = "erase-owner"

    def __str__(self) -> str:
        return f"day {self.began_at:%Y-%m-%d}"


class AddressBook(PersonalModel):
    """The Internet addresses of one day: one sorted list, with neither times nor counts nor what was done."""

    owner = OwnerField()
    began_at = models.DateTimeField(unique=True)
    addresses = Sealed(models.TextField(), "navigation.ip-address")

    class Privacy:
        title = "addresses of a day"
        plain: ClassVar = {"began_at": "midnight, the same for everybody"}
        keep: ClassVar = {"visit": "began_at"}
        on_expire = "erase-owner"

    def __str__(self) -> str:
        return f"addresses of {self.began_at:%Y-%m-%d}"


class Batch(PersonalModel):
    """What was made durable together: the ledger's entry on it, and a hash of each event (spec/visit-batch.md)."""

    owner = OwnerField()
    entry = models.CharField(max_length=32, unique=True)
    hashes = models.BinaryField()
    """32 bytes for each event, in the order in which the root is taken over them; they outlive a forgotten event."""

    class Privacy:
        title = "batch of visits"
        plain: ClassVar = {
            "entry": "the number of the ledger's entry",
            "hashes": "hashes over random ids and what was done: nothing can be read from them",
        }
        kept_with_owner = True

    def __str__(self) -> str:
        return f"batch {self.entry}"


class Event(PersonalModel):
    """One thing done on one of our pages, by a browser that nobody knows.

    There are columns for what the statement names, and for nothing else: what else a program sends has no place to go.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = OwnerField()
    batch = models.UUIDField(default=uuid.uuid4)
    site = models.CharField(max_length=100)
    what = models.PositiveSmallIntegerField(choices=What.choices)
    is_bot = models.BooleanField(default=False)
    at = Declared(
        models.DateTimeField(db_index=True), "navigation.viewed-at", because="counted by day and hour"
    )
    path = Declared(
        models.CharField(max_length=LONGEST["path"]), "navigation.pages-viewed",
        because="counted by page; without what stands behind the question mark, and without names and numbers in it",
    )  # fmt: skip
    referrer = Declared(
        models.CharField(max_length=LONGEST["referrer"], blank=True), "navigation.referrer",
        because="counted by the page that led here",
    )  # fmt: skip
    target = Declared(
        models.CharField(max_length=LONGEST["target"], blank=True), "navigation.links-clicked",
        because="counted by link",
    )  # fmt: skip
    done = Declared(
        models.CharField(max_length=LONGEST["done"], blank=True), "navigation.things-done",
        because="counted by what was done",
    )  # fmt: skip
    campaign = Declared(
        models.CharField(max_length=LONGEST["campaign"], blank=True), "navigation.campaign",
        because="counted by campaign",
    )  # fmt: skip
    browser = Declared(
        models.CharField(max_length=40, blank=True),
        "navigation.browser",
        because="counted by browser and version",
    )
    system = Declared(
        models.CharField(max_length=40, blank=True),
        "navigation.system",
        because="counted by system and device",
    )
    language = Declared(
        models.CharField(max_length=12, blank=True), "navigation.language", because="counted by language"
    )
    country = Declared(
        models.CharField(max_length=2, blank=True), "navigation.country",
        because="counted by country; worked out from the address at the door, and kept without it",
    )  # fmt: skip
    load_ms = Declared(
        models.PositiveIntegerField(null=True), "navigation.load-time", because="slow pages are found by it"
    )
    read_ms = Declared(
        models.PositiveIntegerField(null=True), "navigation.reading-time", because="averaged by page"
    )
    alias = Declared(
        models.BinaryField(max_length=ALIAS_BYTES, null=True, db_index=True), "navigation-cookie.number",
        because="the pages of one day are counted together by it; it is made from the number in the cookie with the"
        " day’s secret, and leads back to it only as long as that lives",
    )  # fmt: skip
    error = Sealed(models.CharField(max_length=300), "navigation.page-error")

    class Privacy:
        title = "visit"
        plain: ClassVar = {
            "batch": "the number of what was made durable together",
            "site": "which of our hosts",
            "what": "choice from a fixed list",
            "is_bot": "whether it was a program",
        }
        kept_with_owner = True

    class Meta:
        indexes = (models.Index(fields=("site", "at"), name="events_of_a_site"),)

    def __str__(self) -> str:
        return f"event {self.pk}"


class LinkedBrowser(PersonalModel):
    """That somebody connected a browser to their name, by a form sent in it; the ground of joining the two.

    The number is sealed with the person's key and lies nowhere else: when this row goes, nothing leads from the person
    to the browser's trail, whose events carry no more than the aliases of their days.
    """

    class Act(models.TextChoices):
        REGISTRATION = "registration", "when the account was opened"
        ENQUIRY = "contact-us", "when an enquiry was sent"
        OFFER = "offer", "when an offer of ours was answered"

    owner = OwnerField()
    number = Sealed(models.CharField(max_length=32), "navigation-cookie.number", lookup="text")
    browser = Sealed(models.CharField(max_length=80), "navigation.browser")
    linked_at = models.DateTimeField(default=timezone.now)
    act = models.CharField(max_length=12, choices=Act.choices)
    entry = models.CharField(max_length=32)

    ground: ClassVar[str] = "linked-browser"

    class Privacy:
        title = "connected browser"
        plain: ClassVar = {
            "linked_at": "when the form was sent",
            "act": "which form it was",
            "entry": "the number of the ledger’s entry",
        }
        keep: ClassVar = {"visit": "linked_at", "last-visit": "linked_at"}

    class Meta:
        ordering = ("-linked_at", "pk")

    def __str__(self) -> str:
        return f"browser linked at {self.linked_at:%Y-%m-%d}"

    def is_live(self) -> bool:
        """clause: use.personalise - as long as it is not undone, which deletes it."""
        return True

    def covers(self, row: Row) -> bool:
        """What belongs to whoever connected the browser."""
        return bool(row.owner_id == self.owner_id)
