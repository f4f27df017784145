"""An order, its invoice, how the customer was found to be qualified, by what they pay, and what was paid.

What a draft invoice says is the customer's.  Once issued it belongs to the books of its year, which bookkeeping law
wants kept: erasing the customer cuts the link, and nothing else of theirs is in the way (clause collect.billing).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from troth.gate.subjects.fields import ConcernsField, Declared, OnErase, OwnerField, Sealed
from troth.gate.subjects.models import DataSubject, PersonalModel
from troth.gate.uses.actor import Row

SIZE = "company-size"
SUMS = "the sums of the books are made of it"
STRAY, RETURNED = "stray", "returned"
"""Why of a payment for what the order no longer is: it is to be given back, or the processor was asked to."""


class Order(PersonalModel):
    """What a customer chose, from the billing form to its end.  It is the ground on which billing data is used."""

    class State(models.TextChoices):
        BEGUN = "begun", "Begun"
        LOOK = "look", "Being looked at"
        DECLINED = "declined", "Declined"
        QUALIFIED = "qualified", "Qualified"
        ACTIVE = "active", "Active"
        ENDED = "ended", "Ended"

    class Means(models.TextChoices):
        CARD = "card", "Card or PayPal"
        INVOICE = "invoice", "Invoice"

    owner = OwnerField()
    by = ConcernsField(on_erase=OnErase.CUT)
    period = models.CharField(max_length=5)
    means = models.CharField(max_length=7, choices=Means.choices, default=Means.CARD)
    consent = models.CharField(max_length=64, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.BEGUN)
    begun_at = models.DateTimeField(default=timezone.now)
    paid_until = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)

    ground: ClassVar[str] = "order"

    class Privacy:
        plain: ClassVar = {
            "period": "a month or a year", "state": "one of six words", "begun_at": "a time of ours",
            "paid_until": "a time of ours", "cancelled_at": "a time of ours", "reminders": "how often we wrote",
            "next_try_at": "a time of ours", "means": "one of two words", "consent": "the hash of a text of ours",
            "consented_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("-begun_at", "-pk")

    def __str__(self) -> str:
        return f"order {self.pk}"

    def is_live(self) -> bool:
        """clause: use.billing - once begun, for as long as it is there: of one that ended the invoices are still shown,
        and may be owed or given back.
        """
        return True

    def covers(self, row: Row) -> bool:
        """What belongs to it, whoever owns that."""
        return bool(row.id == self.pk or getattr(row, "order_id", None) == self.pk)


class Books(models.Model):
    """The invoices of one year: their owner, and the number of the last one."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    subject = models.OneToOneField(DataSubject, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"books of {self.year}"


class Invoice(PersonalModel):
    """What is to be paid for a period, or was.  A draft has no number."""

    owner = OwnerField()
    customer = ConcernsField(on_erase=OnErase.CUT)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="invoices")
    number = models.CharField(max_length=12, null=True, unique=True)
    billing_name = Sealed(models.CharField(max_length=160), "billing-name")
    billing_address = Sealed(models.TextField(max_length=400), "billing-address")
    employees = Sealed(models.IntegerField(), SIZE)
    country = Declared(models.CharField(max_length=2), "billing-address", because="the tax depends on it")
    plan = models.CharField(max_length=40)
    period = models.CharField(max_length=5)
    currency = models.CharField(max_length=3)
    net = Declared(models.BigIntegerField(), SIZE, because=SUMS)
    tax = Declared(models.BigIntegerField(), SIZE, because=SUMS)
    tax_name = models.CharField(max_length=20)
    tax_rate = models.PositiveIntegerField()
    credit = models.PositiveBigIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    issued_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        plain: ClassVar = {
            "order": "a random id", "number": "a number of ours", "plan": "the name of a plan",
            "period": "a month or a year", "currency": "one of few words", "tax_name": "one of few words",
            "tax_rate": "a rate of the law", "made_at": "a time of ours",
            "issued_at": "the time the keep rule counts from", "refunded_at": "a time of ours",
            "due_at": "a time of ours", "paid_at": "a time of ours",
            "credit": "what the company had in credit with us, in cents",
        }  # fmt: skip
        keep: ClassVar = {"invoice": "issued_at"}
        stays = "collect.billing"

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("order",), condition=Q(number=None) & ~Q(order=None), name="one_draft_an_order"
            ),
        )

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def gross(self) -> int:
        """What it costs, in the smallest unit of the currency."""
        return int(self.net + self.tax)

    @property
    def to_pay(self) -> int:
        """What is paid: what it costs, less what the company had in credit."""
        return self.gross - self.credit


class Qualification(PersonalModel):
    """What came of checking whether a prospective customer can pay, and why (clause use.billing)."""

    class Outcome(models.TextChoices):
        QUALIFIED = "qualified", "Qualified"
        DECLINED = "declined", "Declined"
        LOOK = "look", "Needs a look"

    owner = OwnerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    reasons = Sealed(models.TextField(max_length=1000), "qualification")
    begun_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    class Privacy:
        plain: ClassVar = {
            "order": "a random id", "outcome": "one of three words", "begun_at": "the time the keep rule counts from",
            "at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"order-begun": "begun_at"}

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.outcome


class CreditCheck(PersonalModel):
    """One check of a company's credit that somebody who buys agreed to (clause use.billing).

    For as long as it waits, that agreement is the ground on which the service is asked: about this order, and once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ANSWERED = "answered", "Answered"
        OVER = "over", "Over"

    owner = OwnerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="checks")
    said = Sealed(models.TextField(max_length=500), "qualification")
    consent = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=9, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    begun_at = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    ground: ClassVar[str] = "credit-consent"

    class Privacy:
        title = "credit check"
        plain: ClassVar = {
            "order": "a random id", "consent": "the hash of a text of ours", "state": "one of three words",
            "outcome": "one of three words", "tries": "how often we asked", "next_try_at": "a time of ours",
            "begun_at": "the time the keep rule counts from", "at": "a time of ours",
        }  # fmt: skip
        keep: ClassVar = {"order-begun": "begun_at"}

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            # Two windows that agree ask once.
            models.UniqueConstraint(
                fields=("order",), condition=Q(state="waiting"), name="one_waiting_check_an_order"
            ),
        )

    def __str__(self) -> str:
        return f"credit check {self.state}"

    def is_live(self) -> bool:
        """clause: use.billing - agreed to, and not asked or taken back yet."""
        return self.state == self.State.WAITING and bool(self.consent)

    def covers(self, row: Row) -> bool:
        """Itself, and what the order would cost and whom."""
        return bool(row.id == self.pk or getattr(row, "order_id", None) == self.order_id)


class PaymentMethod(PersonalModel):
    """What the processor gave back: by which reference it knows a card or a PayPal account (clause share.processor)."""

    owner = OwnerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    processor = models.CharField(max_length=20)
    reference = Sealed(models.CharField(max_length=120), "payment-instrument.processor-reference")
    brand = Sealed(models.CharField(max_length=30), "payment-instrument.brand")
    last4 = Sealed(models.CharField(max_length=4), "payment-instrument.last4")
    begun_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(default=timezone.now)
    expiring_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        title = "means of payment"
        plain: ClassVar = {
            "order": "a random id", "processor": "one of few names", "made_at": "a time of ours",
            "begun_at": "the time that an earlier keep rule counts from", "used_at": "the time the keep rule counts from",
            "expiring_at": "when the processor said that it soon ends",
        }  # fmt: skip
        keep: ClassVar = {"last-payment": "used_at", "order-begun": "begun_at"}

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return f"means of payment {self.pk}"


class Payment(PersonalModel):
    """One thing asked of the processor: to verify a means of payment, to charge it, to give money back."""

    class Kind(models.TextChoices):
        VERIFY = "verify", "Verification"
        CHARGE = "charge", "Payment"
        RENEW = "renew", "Renewal"
        BILL = "bill", "By invoice"
        REFUND = "refund", "Refund"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    owner = OwnerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, on_delete=models.SET_NULL, null=True, related_name="payments")
    processor = models.CharField(max_length=20)
    method = models.ForeignKey(PaymentMethod, on_delete=models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    session = models.CharField(max_length=80, null=True, unique=True)
    amount = Declared(models.BigIntegerField(default=0), SIZE, because=SUMS)
    currency = models.CharField(max_length=3, blank=True)
    why = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Privacy:
        plain: ClassVar = {
            "order": "a random id", "invoice": "a random id", "processor": "one of few names", "method": "a random id",
            "kind": "one of five words", "state": "one of three words",
            "session": "a random id of the processor's", "currency": "one of few words", "why": "one of few words",
            "made_at": "a time of ours", "settled_at": "a time of ours",
        }  # fmt: skip
        kept_with_owner = True

    class Meta:
        ordering = ("made_at", "pk")
        constraints = (
            # Two tabs that pay find one charge.
            models.UniqueConstraint(
                fields=("order", "kind"), condition=Q(state="open"), name="one_open_payment_an_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class SeenEvent(models.Model):
    """An event of the processor's that was taken in; a second one with its id changes nothing."""

    event = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.event
