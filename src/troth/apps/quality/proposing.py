"""Proposals come in: from the built-in check, and from a provider's report (share.quality).  Nothing changes here."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.accounts.people.models import Person
from troth.gate.collection import refuse_line_breaks
from troth.gate.duties.models import Duty
from troth.gate.duties.rules import NotSo, Rule, Said, Under
from troth.gate.registry import built_at, serves
from troth.gate.uses import SYSTEM, act, using

from . import checks
from .models import FIELDS, Checked, Proposal, Run

PURPOSE = serves("checking-quality")
PLACE = "data-check"
AGAIN_AFTER = timedelta(days=30)
AT_ONCE = 100

built_at(PLACE, "troth.apps.quality.proposing:propose")


def rows() -> "QuerySet[Person]":
    """Everybody who has an account."""
    found: QuerySet[Person] = Person.objects.filter(proven_at__isnull=False)
    return found


def covers(row: Person) -> bool:
    """The same, of one person."""
    return row.proven_at is not None


def take(under: Under, row: Any, said: Said) -> bool:
    """What a provider proposes for somebody: only of the fields that its duty has, and only what could stand there."""
    fields = {Person.seals[name].category: name for name in under.fields}
    if strange := said.values.keys() - fields.keys():
        del strange
        raise NotSo("this duty does not have the information that a value is proposed for")
    if said.outcome == "proposal" and not said.values:
        raise NotSo("a proposal has a value")
    found = [checks.Found(fields[name], _clean(fields[name], value), Proposal.Why.PROVIDER)
             for name, value in said.values.items()]  # fmt: skip
    duty = Duty.objects.get(pk=under.duty)
    with using(PURPOSE, by=SYSTEM, given=duty, at=PLACE), act():
        run = _run_of_today(duty)
        Run.objects.filter(pk=run.pk).update(looked_at=run.looked_at + 1)
        made = [propose(run, row.owner_id, each) for each in found]
    return bool(made)


def _clean(field: str, value: str) -> str:
    try:
        refuse_line_breaks(value)
        cleaned: str = Person.seals[field].inner.clean(value.strip(), None)
    except ValidationError:
        raise NotSo("a proposed value could not stand in its field") from None
    return cleaned


def _run_of_today(duty: Duty) -> Run:
    """The run to which a provider's reports of one day belong."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    found = Run.objects.filter(duty=duty, at__gte=max(today, duty.begun_at)).order_by("at").first()
    return found or Run.objects.create(duty=duty, source=duty.recipient)


def propose(run: Run, owner: UUID, found: checks.Found) -> Proposal | None:
    """Keep a proposal; None where the same was proposed before, whatever became of it.  Runs inside a use and an act."""
    digest = digest_of(owner, found)
    if Proposal.objects.filter(owner=owner, digest=digest).exists():
        return None
    made = Proposal(
        owner_id=owner, run=run, field=found.field, why=found.why, source=run.source, digest=digest,
        has_value=bool(found.value),
    )  # fmt: skip
    if found.value:
        setattr(made, found.field, found.value)
    made.save(force_insert=True)
    return made


def digest_of(owner: UUID, found: checks.Found) -> str:
    """By which the same proposal is known again, and from which it cannot be read."""
    made = salted_hmac("troth.apps.quality", f"{owner.hex} {found.field} {found.value}", algorithm="sha256")
    return made.hexdigest()[:32]


def built_in() -> Duty | None:
    """The live duty of the built-in check, if it has one."""
    found = Duty.objects.filter(purpose=PURPOSE, channel=Duty.Channel.HERE, ended_at=None).order_by(
        "begun_at"
    )
    return next((duty for duty in found if duty.is_live()), None)


def check_due(now: datetime | None = None) -> int:
    """One round of the built-in check over those it did not look at for a month; returns how many it looked at."""
    duty = built_in()
    if duty is None:
        return 0
    fresh = Checked.objects.filter(at__gt=(now or timezone.now()) - AGAIN_AFTER).values("owner")
    due = list(rows().exclude(owner__in=fresh).order_by("pk")[:AT_ONCE])
    if not due:
        return 0
    try:
        with using(PURPOSE, by=SYSTEM, given=duty, at=PLACE) as opening, act():
            run = Run.objects.create(duty=duty, source=duty.recipient)
            numbers = Counter[str]()
            open_to = [person for person in due if opening.is_open_to(person)]
            for person in open_to:
                values = _values(person, duty)
                numbers[checks.number_of(values.get("phone", ""), settings.TROTH_REGION)] += 1
                for found in checks.look(values, settings.TROTH_REGION):
                    propose(run, person.owner_id, found)
            shared = sum(1 for number, times in numbers.items() if number and times > 1)
            Run.objects.filter(pk=run.pk).update(looked_at=len(open_to), shared=shared)
            for person in due:
                Checked.objects.update_or_create(owner_id=person.owner_id, defaults={"at": timezone.now()})
    except IntegrityError:  # another worker was faster
        return 0
    return len(open_to)


def _values(person: Person, duty: Duty) -> Mapping[str, str]:
    """What the duty may look at."""
    return {name: str(getattr(person, name) or "") for name in FIELDS if name in duty.fields()}


RULE = Rule(
    name="accounts-to-check", label="people with an account, to check their registration data", purpose=PURPOSE,
    model=Person, rows=rows, covers=covers, take=take,
    outcomes={"right": "nothing to correct", "proposal": "something to correct"},
)  # fmt: skip
