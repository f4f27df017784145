"""How the clauses on buying are proved: by what is sold, by looking for cards, by the record, and by trying."""

import re

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from troth.engine.ledger import Kind
from troth.gate.collection import holds_card_number
from troth.gate.journal.models import Entry
from troth.gate.outbound import credit, payments
from troth.gate.proving import probing, sampling, traces
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published import statement
from troth.workspaces import sections

from .models import CreditCheck, Order, Payment, PaymentMethod, Qualification
from .prices import MOST, plans

SOLELY = frozenset({"checking-qualification", "collecting-payment"})
INSTRUMENT = "payment-instrument"
HELD = {"reference", "brand", "last4"}


@control("scope.services")
def what_is_listed_is_sold_and_used() -> Finding:
    """Each Service of the list names clauses that are there, has a page in every workspace, and a plan to buy it by."""
    listed, known = settings.TROTH_COMPANY["services"], statement.current().clauses
    pages = {page.url_name.removeprefix("workspace-") for _, page in sections.PAGES}
    wrong = [each["id"] for each in listed if each["id"] not in pages]
    wrong += [f"{each['id']}: {name}" for each in listed for name in each["clauses"] if name not in known]
    sizes = [(plan.first, plan.last) for plan in plans()]
    gaps = [one for one, two in zip([(0, 0), *sizes], sizes, strict=False) if one[1] + 1 != two[0]]
    try:
        reverse("checkout", "troth.config.urls")
    except NoReverseMatch:
        wrong.append("no checkout")
    if wrong or gaps or len(listed) < 3 or sizes[-1][1] < MOST:
        return broken(
            "the list is not what is sold",
            "; ".join([*wrong, *(f"no plan above {each[1]}" for each in gaps)]),
        )
    return kept(
        f"{len(listed)} Services, {len(sizes)} plans",
        f"{', '.join(each['name'] for each in listed)}: each has its page in every workspace, its clauses, and a price"
        f" for 1 to {MOST:,} employees",
    )


@control("collect.billing")
def no_card_number_anywhere() -> Finding:
    """No text of any column, log or sealed sample is a card's number; a check belongs to an order that was begun."""
    places = traces.columns_with(_is_card) + traces.files_with(_is_card, ("*.log", "*.txt", "*.jsonl"))
    opened = sampling.sample().values
    inside = sum(_is_card(value.decode("utf-8", "replace")) for value in opened)
    if places or inside:
        return broken(
            f"card numbers in {len(places) + inside} places",
            "; ".join([*places, *(["a sealed value"] if inside else [])]),
        )
    early = [row.pk for row in Qualification.objects.select_related("order") if row.at < row.order.begun_at]
    if early:
        return broken(f"{len(early)} checks without an order", "a qualification is older than its order")
    return kept(
        "no card number",
        f"every text column, the logs and {len(opened)} opened values searched; {Qualification.objects.count()}"
        f" checks, each with an order; {Order.objects.count()} orders",
    )


def _is_card(text: str) -> bool:
    """Whether a text holds a card's number; a run of digits within a word of letters is part of a random token."""
    return holds_card_number(_TOKEN.sub(" ", text))


_TOKEN = re.compile(r"[\w-]*[A-Za-z_][\w-]*")


@control("use.billing")
def instruments_serve_two_purposes() -> Finding:
    """Uses under this clause serve the two purposes it names; others are refused, and the statement limits it so."""
    limits = [each for each in statement.current().limits if each.category == INSTRUMENT]
    if not any(frozenset(each.purposes) <= SOLELY for each in limits):
        return broken("the statement sets no limit", f"`limit use of {INSTRUMENT}` is gone")
    made = Entry.objects.filter(
        kind__in=(Kind.USE, Kind.COLLECT, Kind.DISCLOSE), clauses__contains="use.billing"
    )
    if wrong := set(made.values_list("purpose", flat=True)) - SOLELY:
        return broken(f"{len(wrong)} other purposes", f"used for {', '.join(sorted(wrong))}")
    for role, purpose in (
        ("sales", "answering-enquiries"),
        ("system", "personalising"),
        ("support", "supporting"),
    ):
        if probing.closed_to(role, purpose, PaymentMethod, "reference") is None:
            return broken("the gate let a use go", f"`{role}` was not refused `{purpose}`, and put on record")
    if fault := _asked_without_consent():
        return broken("credit checked without a consent", fault)
    return kept(
        f"{made.count()} uses, for two purposes",
        f"only {' and '.join(sorted(SOLELY))}; three planted uses were refused; {CreditCheck.objects.count()} credit"
        " checks, each agreed to",
    )


def _asked_without_consent() -> str:
    """What is wrong with the credit checks: one without a text that was agreed to, or data handed over for more."""
    if early := CreditCheck.objects.filter(consent="").count():
        return f"{early} without the hash of the text that was agreed to"
    handed = Entry.objects.filter(kind=Kind.DISCLOSE, recipient=credit.CHECKER)
    strange = handed.exclude(purpose=credit.CHECKING, clauses="use.billing").count()
    return f"{strange} disclosures for something else, or under another clause" if strange else ""


@control("share.processor")
def nothing_but_a_reference_comes_back() -> Finding:
    """The schema holds a reference, a brand and four digits; what went to the processor went under this clause."""
    if set(PaymentMethod.seals) != HELD:
        return broken("more than a reference is held", f"fields: {', '.join(sorted(PaymentMethod.seals))}")
    words = sorted(payments.recipients())
    sent = Entry.objects.filter(kind=Kind.DISCLOSE, recipient__in=words)
    if wrong := [row.id[:8] for row in sent.exclude(clauses="share.processor")[:3]]:
        return broken("disclosures under another clause", f"entries {', '.join(wrong)}")
    register = [settings.TROTH_RECIPIENTS.get(word) for word in words]
    if None in register:
        missing = words[register.index(None)]
        return broken("a processor is on no register", f"`[recipients.{missing}]` is missing in company.toml")
    done = Payment.objects.filter(state=Payment.State.DONE).count()
    who = ", ".join(f"{each['name']} ({each['country']})" for each in register if each)
    return kept(
        f"{sent.count()} disclosures, a reference back",
        f"{who}: {done} payments; what happens inside the processor is not checkable",
    )
