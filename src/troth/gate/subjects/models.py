"""`DataSubject`, `PersonalModel` and the state of erasures."""

import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.db import models

from ..errors import GateError
from ..ids import uuid7
from ..keystore import keys
from ..published import statement
from ..uses.use import open_use
from .fields import EveryManager, OwnerField, PersonalManager, Sealed
from .index import index


class Kind(models.TextChoices):
    """Kinds of data subject (design: Data subjects)."""

    PERSON = "person"
    VISITOR = "visitor"
    INVITEE = "invitee"
    CUSTOMER = "customer"
    WORKSPACE = "workspace"
    STAFF = "staff"
    PERIOD = "period"
    MATTER = "matter"


BULK = frozenset({Kind.WORKSPACE, Kind.PERIOD})
"""Kinds that seal so many values that random 96-bit nonces would not do (spec/sealed-value.md, algorithm 2)."""


class DataSubject(models.Model):
    """Whoever the data is about: the owner of rows, and of the key that seals them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @classmethod
    def begin(cls, kind: Kind) -> "DataSubject":
        """A new subject with a key.  The key is durable first: an orphan key is swept, a keyless row is a loss.

        Visitors get a random id, since a time in it would tie the visitor to a later sign-up.
        """
        subject = cls(id=uuid.uuid4() if kind is Kind.VISITOR else uuid7(), kind=kind)
        cipher, use = keys.create(subject.id.hex, 2 if kind in BULK else 1), open_use()
        if use is not None:
            use.adopt(subject.id, cipher)
        subject.save(force_insert=True)
        return subject


class Erasure(models.Model):
    """One erasure under way or done.  `subject` is blank once nothing of it is left to find.

    `farewell` is the subject made for the receipt's address alone, blank when nobody gets one, or once it is gone too.
    """

    class State(models.TextChoices):
        BEGUN = "begun"
        PURGING = "purging"
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(max_length=32, blank=True, db_index=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BEGUN)
    entry = models.CharField(max_length=32, blank=True)
    farewell = models.CharField(max_length=32, blank=True, db_index=True)
    rows = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        # Of two who erase the same subject at once, the second finds the first one's row.
        constraints = (
            models.UniqueConstraint(
                fields=("subject",), condition=~models.Q(subject=""), name="one_erasure_a_subject"
            ),
        )

    def __str__(self) -> str:
        return f"erasure {self.state}"


class LegalHold(models.Model):
    """What a subject has stays until a day, whatever its `keep` rules and its owner say (`holds.py`).

    All of it; or what is of some categories (their names), and was made `since` a moment or `before` one.  `case` is the
    number of the legal record that it rests on; blank where that is on paper.
    """

    subject = models.CharField(max_length=32, db_index=True)
    clause = models.CharField(max_length=80)
    until = models.DateTimeField()
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)
    case = models.CharField(max_length=12, blank=True)
    categories = models.TextField(blank=True)
    since = models.DateTimeField(null=True)
    before = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"hold until {self.until:%Y-%m-%d}"


class PersonalModel(models.Model):
    """A row about somebody.  Subclasses add `owner = OwnerField()`, their fields, and `class Privacy`."""

    seals: ClassVar[Mapping[str, Sealed]] = {}
    seal_label: ClassVar[str] = ""
    is_hosted: ClassVar[bool] = False
    """Whether its rows are a workspace's, and found inside it only."""

    owner_id: Any  # of the `owner` that every subclass declares

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    collected_under = models.CharField(max_length=16, default=statement.under, editable=False)
    sealed = models.BinaryField(null=True, editable=False)

    objects: Any = PersonalManager()
    every: Any = EveryManager()
    """Each row there is, for the gate's own rooms: `objects` of a model may be narrower."""

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("seal_label"):
            # INVARIANT: bound into every envelope.  Set it by hand when a model is renamed or moved.
            cls.seal_label = f"{cls.__module__.rsplit('.', 2)[-2]}.{cls.__name__}".lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Django's, with the row sealed first."""
        self.seal_pending()
        if kwargs.get("update_fields") is not None:
            extra = {"sealed", *(f"{name}_index" for name, seal in self.seals.items() if seal.lookup)}
            # INVARIANT: an envelope is written with the links to those of whom it tells.  A copy read before one of
            # them was erased names nobody any more, and the store refuses it.
            extra |= {f.name for f in self._meta.concrete_fields if getattr(f, "blank_fields", ())}
            kwargs["update_fields"] = {*kwargs["update_fields"], *extra}
        super().save(*args, **kwargs)

    @classmethod
    def to_sealed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """An envelope's content from a row's values."""
        seals = cls.seals
        return {name: seals[name].to_json(value) for name, value in values.items() if name in seals}

    @classmethod
    def from_sealed(cls, content: dict[str, Any]) -> dict[str, Any]:
        """A row's values from an envelope's content; a field the model no longer has is never asked for."""
        for name, seal in cls.converted().items():
            if content.get(name) is not None:
                content[name] = seal.to_python(content[name])
        return content

    @classmethod
    @cache
    def converted(cls) -> dict[str, Sealed]:
        """The sealed fields whose values an envelope keeps in another type: most are text, and need nothing."""
        return {name: seal for name, seal in cls.seals.items() if not seal.is_text}

    def seal_pending(self) -> None:
        """Seal what was set in the open use, and its blind indexes.  Raises GateError for a row without an owner."""
        if self.owner_id is None:
            raise GateError(
                f"a row of `{type(self).__name__}` has no owner; every personal row says whose it is"
            )
        use = open_use()
        pending = dict(use.pending(self)) if use else {}
        if use is None or not pending:
            return
        self.sealed = use.seal(self)
        for name, value in pending.items():
            seal = self.seals[name]
            if seal.lookup:
                found = None if value is None else index(seal.index_label(self), seal.lookup, value)
                setattr(self, f"{name}_index", found)


class Farewell(PersonalModel):
    """The address to which the receipt of an erasure goes.

    It belongs to a subject of its own, which nothing links to the erased one, and which is erased in the same way as
    soon as the carrier has the receipt.  It is itself the ground on which it is read: an erasure that was asked for.
    """

    owner = OwnerField()
    address = Sealed(models.EmailField(max_length=254), "contact.email")

    ground: ClassVar[str] = "request"

    class Privacy:
        kept_with_owner = True

    def __str__(self) -> str:
        return f"farewell {self.pk}"

    def is_live(self) -> bool:
        """For as long as it is there."""
        return True

    def covers(self, row: Any) -> bool:
        """Itself and the receipt's message."""
        return bool(row.owner_id == self.owner_id)
