"""How the clause on guarding the environment is proved: every rule on its samples, and an attack on the running house."""

import json
import secrets
import time
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from troth.gate import watch
from troth.gate.outbound import probe
from troth.gate.proving.answers import Finding, broken, control, kept, unproven
from troth.gate.subjects.erase import try_to_erase
from troth.gate.uses import SYSTEM, using
from troth.gate.watch import scoring
from troth.gate.watch.counting import Counting
from troth.gate.watch.rules import Rule, rules, signs_of

from . import measures, noting
from .models import Alarm, Measure

ATTACK = "/?page=" + quote("../../../../etc/passwd") + "&id=" + quote("1' or '1'='1")
OURS = "127.66."
"""Where on this machine the attack comes from: one that no trusted net holds."""
PATIENCE = 3 * measures.EVERY
"""Seconds that a measure may take until every process knows it."""


@control("security.environment")
def attacks_are_noticed() -> Finding:
    """Each rule fires on its sample and rests on the other; an attack on the running house is refused, noted, blocked."""
    if dead := [rule.id for rule in rules() if not _works(rule)]:
        return broken(f"{len(dead)} rules do not work", f"tried on their samples: {', '.join(dead)}")
    _ = get_resolver(
        settings.ROOT_URLCONF
    ).url_patterns  # pages report signs as well; a command has loaded none
    if unfed := sorted({sign for rule in rules() for sign in rule.signs} - watch.REPORTED.keys()):
        return broken(f"{len(unfed)} signs that nobody reports", f"rules wait for {', '.join(unfed)}")
    if bare := _without_measure():
        return broken(
            f"{bare} alarms without what their rule does", "of the last day, in the table of measures"
        )
    address = f"{OURS}{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    begun = timezone.now()
    try:
        wrong = _attacked(address, begun)
    except probe.Unreachable as error:
        return unproven("the server does not answer", str(error))
    finally:
        _forget(begun)
    if wrong:
        return broken(wrong, "an attack made for the purpose was sent to the server from outside")
    return kept(
        f"{len(rules())} rules, each fired on its sample and rested on the other",
        f"an attack was refused, noted, written down and blocked, and let go again; {Alarm.objects.count()} alarms of"
        f" the last 90 days, {sum(1 for _ in measures.live())} measures stand",
    )


def _works(rule: Rule) -> bool:
    return fires(rule, is_sample=True) and not fires(rule, is_sample=False)


def fires(rule: Rule, *, is_sample: bool) -> bool:
    """Whether a rule fires on one of its samples, counted apart from everything else."""
    counting = Counting(lambda account, number: True)
    signs = signs_of(rule.fires if is_sample else rule.rests)
    return any(rule in counting.fired(sign, "192.0.2.1", 0.0) for sign in signs)


def _without_measure() -> int:
    """Alarms of the last day that say they did something, and of which nothing shows."""
    since = timezone.now() - timedelta(days=1) + timedelta(hours=1)
    late = Alarm.objects.filter(at__gt=since, measures=None).exclude(did="").exclude(did="page")
    return int(late.count())


def _attacked(address: str, begun: datetime) -> str:
    """What is wrong with how the running server meets an attack; nothing when all is well."""
    (rule,) = (rule for rule in rules() if rule.on == "attack-shaped")
    if scoring.score_of(ATTACK.partition("?")[2]) < scoring.refused():
        return "an attack is not recognised"
    if [_status(address, ATTACK) for _ in range(rule.many)] != [403] * rule.many:
        return "an attack is answered"
    alarm = Alarm.objects.filter(rule=rule.id, at__gte=begun, measures__kind=Measure.Kind.NET).first()
    if alarm is None:
        return "an attack leaves no alarm"
    if _status(address, reverse("statement", "troth.config.urls")) != 403:
        return "an attacker is not blocked"
    if not _is_written(rule, begun):
        return "an alarm is not in the file"
    for measure in alarm.measures.all():
        noting.change(measure, timezone.now())
    until = time.monotonic() + PATIENCE
    while (
        status := _status(address, reverse("statement", "troth.config.urls"))
    ) == 403 and time.monotonic() < until:
        time.sleep(0.2)
    return "a block that was undone goes on" if status == 403 else ""


def _status(address: str, path: str) -> int:
    own: Path | None = settings.TROTH_AUTHORITY
    return probe.get(
        settings.TROTH_HOSTS["company"], settings.TROTH_PORT, path,
        authority=own if own and own.exists() else None, connect_from=address,
    ).status  # fmt: skip


def _is_written(rule: Rule, begun: datetime) -> bool:
    try:
        lines = settings.TROTH_PROTECTION_LOG.read_bytes().splitlines()[-200:]
    except OSError:
        return False
    told = [json.loads(line) for line in lines]
    stamp = begun.strftime("%Y-%m-%dT%H:%M:%SZ")
    return any(line["rule"] == rule.id and line["time"] >= stamp and "net" in line for line in told)


def _forget(begun: datetime) -> None:
    """Take away what the attack left: it was none."""
    made = Alarm.objects.filter(at__gte=begun, rule="attack-shaped")
    with using(noting.PURPOSE, by=SYSTEM):
        ours = [alarm for alarm in made if alarm.address.startswith(OURS)]
    for owner in {alarm.owner_id for alarm in ours}:
        mine = Alarm.objects.filter(owner=owner)
        if mine.exclude(pk__in=[alarm.pk for alarm in ours]).exists():
            mine.filter(pk__in=[alarm.pk for alarm in ours]).delete()
        else:
            try_to_erase(owner.hex, SYSTEM)
