"""How the clauses on visits are proved: from what is kept, what the ledger says of it, and the cookies of our pages."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone

from troth.accounts.people.models import Person
from troth.engine.ledger import Kind, leaf_hash
from troth.engine.policy import Permit
from troth.gate.journal.models import Entry
from troth.gate.outbound import probe
from troth.gate.proving import probing
from troth.gate.proving.answers import Finding, allowing, broken, control, kept, unproven
from troth.gate.published import statement
from troth.gate.subjects.terms import kept_until
from troth.visits.models import ALIAS_BYTES, AddressBook, Batch, Day, Event, LinkedBrowser
from troth.visits.reading import CATEGORY, PURPOSE, READERS

from . import cleaning, linking, personal
from .collecting import NAMES, allowed, spelled
from .cookies import COOKIES

SAMPLE = 2000
"""Events, the newest, that one call looks at one by one."""
DAY = timedelta(days=1)
COUNTRY = re.compile(r"[A-Z]{2}")
PAGES = ("/", "/contact/", "/cookies/", "/you/")
COUNTERS = ("system", *READERS)
"""Who uses visits to operate and improve the sites: our systems, and staff at the page of counts."""


@control("collect.navigation")
def events_say_what_is_named() -> Finding:
    """Events have what the statement names and no more, each is in its batch, and each cookie is on the page."""
    if strange := sorted(CATEGORY.keys() - allowed()):
        return broken("more is kept than the statement collects", f"columns: {', '.join(strange)}")
    newest = list(Event.objects.order_by("-at")[:SAMPLE])
    if loose := sum(map(_says_more, newest)):
        return broken(
            f"{loose} events say more than is named", f"of the newest {len(newest)}, cleaned once more"
        )
    if astray := _not_committed(newest):
        return broken(
            f"{astray} events without their entry", "not in the batch, or the batch not in the ledger"
        )
    try:
        unlisted = sorted(
            {name for path in PAGES for name in _cookies(path)} - {each.name for each in COOKIES}
        )
    except probe.Unreachable:
        return unproven("the server is down", "whether each cookie is listed is seen from outside")
    if unlisted:
        return broken(f"{len(unlisted)} cookies not listed", f"set by our pages: {', '.join(unlisted)}")
    total, batches = Event.objects.count(), Batch.objects.count()
    return kept(
        f"{total} visits in {batches} batches, {len(COOKIES)} cookies listed",
        f"{len(CATEGORY)} kinds of data, each named; the newest {len(newest)} are in their batches and the ledger",
    )


def _says_more(event: Event) -> bool:
    links = (event.target, event.referrer)
    words = (event.done, *event.campaign.split(" / "))
    return (
        (event.country != "" and not COUNTRY.fullmatch(event.country))
        or cleaning.path_of(event.path) != event.path
        or any(link and cleaning.link_of(f"https://{link}") != link for link in links)
        or any(cleaning.is_somebodys(part) for word in words for part in word.split())
    )


def _not_committed(events: list[Event]) -> int:
    """How many of some events are not in their batch, or in one without an entry; nothing sealed is looked at."""
    batches = {batch.pk: batch for batch in Batch.objects.filter(pk__in={event.batch for event in events})}
    known = {batch.pk: _split(bytes(batch.hashes)) for batch in batches.values()}
    names = [batch.entry for batch in batches.values()]
    entered = set(Entry.objects.filter(id__in=names, kind=Kind.BATCH).values_list("id", flat=True))
    return sum(
        event.batch not in batches
        or batches[event.batch].entry not in entered
        or (event.sealed is None and _hash(event) not in known[event.batch])
        for event in events
    )


def _split(hashes: bytes) -> set[bytes]:
    return {hashes[at : at + 32] for at in range(0, len(hashes), 32)}


def _hash(event: Event) -> bytes:
    return leaf_hash(spelled([None if name == "error" else getattr(event, name) for name in NAMES]))


def _cookies(path: str) -> Iterable[str]:
    answer = probe.get(
        settings.TROTH_HOSTS["company"], settings.TROTH_PORT, path, authority=settings.TROTH_AUTHORITY
    )
    return [value.partition("=")[0].strip() for value in answer.all("set-cookie")]


@control("navigation.anonymous")
def nothing_leads_to_anybody() -> Finding:
    """No event holds an address of somebody, no alias lasts longer than its day, and what is over is gone."""
    texts = [name for name in NAMES if name in ("path", "referrer", "target", "done", "campaign", "language")]
    holding = Q()
    for name in texts:
        holding |= Q(**{f"{name}__contains": "@"})
    if found := Event.objects.filter(holding).count():
        return broken(f"{found} events hold an address of somebody", f"looked for in {', '.join(texts)}")
    if wrong := sum(len(bytes(alias)) != ALIAS_BYTES for alias in _newest_aliases()):
        return broken(
            f"{wrong} events hold something else than an alias", f"an alias has {ALIAS_BYTES} bytes"
        )
    days = Day.objects.order_by("-began_at").values("owner")[:2]
    lasting = Event.objects.exclude(alias=None).filter(owner__in=list(days.values_list("owner", flat=True)))
    named = lasting.order_by().values("alias").annotate(days=Count("owner", distinct=True))
    if followed := named.filter(days__gt=1).count():
        return broken(f"{followed} browsers can be followed from day to day", "one alias stands on two days")
    for model, category, what in _LASTING:
        if late := _past(model, category):
            return broken(f"{late} {what} kept too long", f"clause {_rule(category).clause} says until when")
    links = LinkedBrowser.objects.values_list("entry", flat=True)
    acts = Entry.objects.filter(kind=Kind.COLLECT, purpose=linking.LINKING).values("id")
    if bare := links.exclude(entry__in=acts).count():
        return broken(
            f"{bare} browsers connected without an act", "no entry says that somebody ticked the box"
        )
    return kept(
        f"{Day.objects.count()} days, nobody known on any; {links.count()} browsers connected, each by an act",
        "no address of anybody, aliases of one day each, and neither days nor Internet addresses past their time",
    )


def _newest_aliases() -> Any:
    return Event.objects.exclude(alias=None).order_by("-at").values_list("alias", flat=True)[:SAMPLE]


_LASTING: tuple[tuple[Any, str, str], ...] = (
    (AddressBook, "navigation.ip-address", "lists of Internet addresses"),
    (Day, "navigation.pages-viewed", "days of visits"),
)


def _rule(category: str) -> Any:
    return statement.current().keeps(category)


def _past(model: Any, category: str) -> int:
    """Rows whose last visit is past its time: they end by their beginning, so that a day is left to end them."""
    rule, now = _rule(category), timezone.now()
    began: list[datetime] = list(model.objects.values_list("began_at", flat=True))
    return sum(kept_until(each + DAY, rule.amount, rule.unit) < now for each in began)


@control("use.operate")
def visits_serve_the_sites() -> Finding:
    """What is on record of the purpose: our systems, and staff who look at counts, under a clause that allows it."""
    made = Entry.objects.filter(purpose=PURPOSE).exclude(kind=Kind.REFUSE)
    clauses = allowing(statement.current(), "use", PURPOSE) | {"collect.navigation"}
    strange = 0
    for recipient, named in made.order_by().values_list("recipient", "clauses").distinct():
        if recipient not in COUNTERS or not set(named.split()) <= clauses:
            strange += made.filter(recipient=recipient, clauses=named).count()
    if strange:
        return broken(
            f"{strange} uses that no clause allows", f"for {PURPOSE}, by others or under other clauses"
        )
    return kept(
        f"{made.count()} uses, each for the sites",
        "by our systems, and by staff who look at counts, each under a clause that allows it",
    )


UNNAMED = ("payment-instrument.processor-reference", "qualification", "navigation.ip-address")
"""What is never put together with a name to personalise anything, whoever connected their browser."""


@control("use.personalise")
def personalised_by_cookie_or_by_choice() -> Finding:
    """Uses are by our systems under clauses that allow them; a name opens in a connected browser only."""
    policy, ground = statement.current(), frozenset({LinkedBrowser.ground})
    made = Entry.objects.filter(purpose=personal.PURPOSE).exclude(kind=Kind.REFUSE)
    clauses = allowing(policy, "use", personal.PURPOSE) | {personal.CLAUSE, "collect.navigation"}
    named = made.order_by().values_list("recipient", "clauses").distinct()
    if strange := [said for who, said in named if who != "system" or not set(said.split()) <= clauses]:
        return broken(
            f"{len(strange)} kinds of uses that no clause allows", f"under {', '.join(sorted(strange))}"
        )
    for category in UNNAMED:
        if isinstance(policy.decide("join", category, personal.PURPOSE, "system", ground), Permit):
            return broken("the statement joins too much", f"`{category}` may stand beside a name")
    if probing.closed_to("system", personal.PURPOSE, Person, "name") is None:
        return broken("the gate let a name go", "it was opened for a browser that nobody connected")
    return kept(
        f"{made.count()} uses, {LinkedBrowser.objects.count()} browsers connected",
        "by our systems alone, under the clause that allows it; a name asked for without a connected browser was refused",
    )
