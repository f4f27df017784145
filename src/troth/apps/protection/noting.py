"""A rule has fired: the alarm, what is done about it, the line in the file, the letter to the administrators.

clause: security.environment.  Address, session and what was tried are sealed under the key of their day; what is compared
with each request stands in the measure.  From a trusted net everything is noted, and to the net nothing is done.
"""

import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone

from troth.accounts.models import Role, StaffMember
from troth.gate.errors import GateError, SealError
from troth.gate.outbound.mail import enqueue
from troth.gate.registry import serves
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, act, using
from troth.gate.watch import Sign
from troth.gate.watch.nets import Net
from troth.gate.watch.rules import Rule

from . import measures
from .models import Alarm, Measure

log = logging.getLogger("troth.protection")

PURPOSE = serves("protecting-the-services")
PLACE = "browsing"
CLEAR = "security-signals.signal-address"
LOGGED = timedelta(days=7)
"""How long a line stays in the file."""
QUIET = timedelta(hours=1)
"""Between two letters about the same rule."""
MOST_AN_HOUR = 1000
"""Alarms that are kept; beyond them what is to be done is done, and the line is written."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where something was seen: address, the session's family of tickets (hex), whether the net is trusted.

    `is_signed_in` says that the family is real: whether its ticket let somebody in.  `is_led` that a page of somebody
    else had the browser ask for it, as an image or a link.
    """

    address: str = ""
    family: str = ""
    is_trusted: bool = False
    is_signed_in: bool = False
    is_led: bool = False


def note(rule: Rule, sign: Sign, scene: Scene) -> Alarm | None:
    """Keep an alarm and do what its rule says.  None when there are too many to keep, or the store does not answer."""
    now = timezone.now()
    until = now + timedelta(minutes=rule.minutes)
    acts = _acts(rule, scene)
    found = _targets(acts, sign, scene)
    did = tuple(what for what in acts if what in found or what == "page")
    for kind, how, target, bits in found.values():
        measures.hold(kind, target, bits, how, until)
    alarm = None
    try:
        if Alarm.objects.filter(at__gt=now - QUIET).count() < MOST_AN_HOUR:
            alarm = _keep(rule, sign, scene, " ".join(did), now, list(found.values()), until)
            if "page" in did:
                _page(rule, alarm)
    except (DatabaseError, GateError, SealError) as error:
        log.error("an alarm of rule %s was not kept: %s", rule.id, type(error).__name__)
    # From a trusted net anybody could send line after line: what is beyond the most fills no disk either.
    if alarm or did:
        write(rule, scene, did, now)
    return alarm


def _acts(rule: Rule, scene: Scene) -> tuple[str, ...]:
    """What a rule does here: nothing to a net that is trusted, or of whoever only followed somebody else's page.

    Whoever is signed in is stopped without their network.
    """
    if rule.by == "net" and (scene.is_trusted or scene.is_led):
        return ()
    alone = scene.is_signed_in and bool(scene.family)
    return tuple(dict.fromkeys("block-family" if alone and what == "block-net" else what for what in rule.do))


Target = tuple[str, str, bytes, int]
"""Kind, act, the bytes of the target, and how many of their bits count."""


def _targets(acts: tuple[str, ...], sign: Sign, scene: Scene) -> dict[str, Target]:
    """Each thing that is done, and to whom."""
    found: dict[str, Target] = {}
    net = Net.of(scene.address) if scene.address else None
    for what in acts:
        if what in ("slow", "block-net") and net:
            how = Measure.Act.SLOW if what == "slow" else Measure.Act.BLOCK
            found[what] = (Measure.Kind.NET, how, net.packed, net.bits)
        elif what == "block-family" and scene.family:
            found[what] = (Measure.Kind.FAMILY, Measure.Act.BLOCK, bytes.fromhex(scene.family), 128)
        elif what in ("challenge", "block-account") and sign.account:
            how = Measure.Act.CHALLENGE if what == "challenge" else Measure.Act.BLOCK
            found[what] = (Measure.Kind.ACCOUNT, how, bytes.fromhex(sign.account), 128)
    return found


def _keep(
    rule: Rule, sign: Sign, scene: Scene, did: str, now: datetime, targets: list[Target], until: datetime
) -> Alarm:
    """The alarm and its measures, together or not at all."""
    with using(PURPOSE, by=SYSTEM, at=PLACE), act():
        alarm = Alarm(owner_id=_day(now), rule=rule.id, did=did, at=now)
        alarm.address, alarm.tried = scene.address[:45], _bare(sign.words)[:300]
        alarm.in_session = " ".join(filter(None, (scene.family, sign.account)))
        alarm.save(force_insert=True)
        place(alarm, targets, until)
    return alarm


def by_hand(net: Net, minutes: int, words: str) -> Measure:
    """Block a net because somebody says so; inside an act and a use that takes in at `browsing`."""
    now = timezone.now()
    alarm = Alarm(owner_id=_day(now), rule="by-hand", did="block-net", at=now)
    alarm.tried = _bare(words)[:300]
    alarm.save(force_insert=True)
    until = now + timedelta(minutes=minutes)
    (measure,) = place(alarm, [(Measure.Kind.NET, Measure.Act.BLOCK, net.packed, net.bits)], until)
    measures.hold(measure.kind, net.packed, net.bits, measure.act, until)
    return measure


def _day(now: datetime) -> UUID:
    """The subject to whom the alarms of this day belong; of two processes that begin a day, each may begin one."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = Alarm.objects.filter(at__gte=midnight).values_list("owner", flat=True).first()
    return today or DataSubject.begin(Kind.PERIOD).pk


def place(alarm: Alarm, targets: list[Target], until: datetime) -> list[Measure]:
    """Put measures into the table, from where every process takes them."""
    if not targets:
        return []
    made = [
        Measure(
            owner_id=alarm.owner_id, alarm=alarm, kind=kind, act=how, target=target, bits=bits, until=until
        )
        for kind, how, target, bits in targets
    ]
    with using(PURPOSE, by=SYSTEM, at=PLACE) as use:
        use.take(alarm.owner_id.hex, CLEAR)
        for measure in made:
            measure.save(force_insert=True)
    return made


def change(measure: Measure, until: datetime) -> None:
    """Have a measure end at another time, and every other that does the same to the same; now, to undo it."""
    same = Measure.objects.filter(
        kind=measure.kind, act=measure.act, target=measure.target, bits=measure.bits
    )
    same.filter(until__gt=timezone.now()).update(until=until, changed_at=timezone.now())
    measures.hold(measure.kind, bytes(measure.target), measure.bits, measure.act, until)


def _page(rule: Rule, alarm: Alarm) -> None:
    """Write to the administrators, once an hour for a rule; the letter holds nothing of what was seen."""
    earlier = Alarm.objects.filter(rule=rule.id, did__contains="page", at__gt=alarm.at - QUIET).exclude(
        pk=alarm.pk
    )
    if earlier.exists():
        return
    page = settings.TROTH_BASE_URLS["company"] + reverse("office-protection", "troth.config.urls")
    text = f"{rule.title}. {rule.why}\n\nWhat was seen, what was done, and how to undo it: {page}\n"
    with using("sending-mail", by=SYSTEM), act():
        appointed = StaffMember.objects.filter(user__is_active=True)
        for member in appointed.filter(role=Role.ADMINISTRATOR) or appointed.filter(role=Role.OWNER):
            enqueue(member.owner_id, member.email, f"Alarm: {rule.title}", text)


def _bare(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def write(rule: Rule, scene: Scene, did: tuple[str, ...], now: datetime) -> None:
    """One line of JSON.  INVARIANT: no text that came with a request is in it, so nobody can forge a line.

    The net stands in it where something is done about the net, and nowhere else.
    """
    line: dict[str, object] = {
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "rule": rule.id, "did": list(did), "minutes": rule.minutes,
    }  # fmt: skip
    net = Net.of(scene.address) if {"slow", "block-net"} & set(did) else None
    if net:
        line["net"] = str(net)
    try:
        with open(settings.TROTH_PROTECTION_LOG, "ab", opener=_private) as file:
            file.write(json.dumps(line).encode("ascii") + b"\n")
    except OSError as error:
        log.error("the file of alarms cannot be written: %s", type(error).__name__)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


def cut_log() -> int:
    """Take lines away that are older than a week; returns how many."""
    path, oldest = settings.TROTH_PROTECTION_LOG, timezone.now() - LOGGED
    if not path.exists():
        return 0
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if _is_newer(line, oldest)]
    if len(kept) < len(lines):
        fresh = path.with_suffix(".new")
        with open(fresh, "wb", opener=_private) as file:
            file.writelines(kept)
        fresh.replace(path)
    return len(lines) - len(kept)


def _is_newer(line: bytes, oldest: datetime) -> bool:
    try:
        return datetime.fromisoformat(json.loads(line)["time"]) > oldest
    except (ValueError, KeyError, TypeError):
        return False
