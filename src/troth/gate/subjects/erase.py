"""Erasure, in the steps of design section 3 (*Keys*).  Each can be repeated; `resume` finishes what stopped.

0 begin     a durable row: from here on it ends fully erased.  Shared rows go to their heirs, recipients are noted
1 intend    the key row says `erasing`: reads refuse from here on
2 destroy   the key is deleted, its tombstone written
3 rows      rows, indexes and the completion leaf go in one transaction
4 purge     the worker truncates the write-ahead log (`secure_delete` is always on)
5 done      the id of the subject is forgotten here too; the receipt goes out (`outbound/receipts.py`)
"""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from troth.engine.ledger import Json
from troth.engine.ledger import Kind as LeafKind

from .. import watch
from ..errors import GateError, SealError, Unfinished
from ..keystore import keys
from ..registry import serves
from ..uses import SYSTEM, Actor, act, using
from ..uses.entering import enter
from ..uses.envelopes import without
from . import obstacles
from .fields import OnErase
from .heirs import hand_over
from .models import DataSubject, Erasure, Farewell, Kind, PersonalModel
from .obstacles import Obstructed
from .register import ENDINGS, edges, hanging_on, touching

__all__ = [
    "FAREWELLS",
    "Obstructed",
    "Unfinished",
    "erase",
    "lock",
    "one_at_a_time",
    "purge",
    "resume",
    "try_to_erase",
]

log = logging.getLogger("troth.erasure")

ASKED = watch.reports("erasure-asked", "troth.gate.subjects.erase:erase")
PURPOSE = serves("answering-requests")

ROWS_LOCK = 0x74726F7468

FAREWELLS: list[Callable[[str], None]] = []
"""What is to be gathered about a subject (32 hex digits) while its key still lives.  Must be safe to repeat."""


def erase(subject: str, by: Actor, purpose: str = PURPOSE, *, receipt_to: str | None = None) -> Erasure:
    """Erase a subject (32 hex digits) up to step 3; the worker purges.  A second call finds the first one's row.

    `receipt_to` is the address to which the signed receipt goes when all of it is done.
    Raises Obstructed, DatabaseError or KeyStoreError before anything is begun; Unfinished when it is begun and a store
    does not answer: `resume` ends it.
    """
    watch.saw(ASKED, account=by.subject.hex if by.subject else "", each=(subject,))
    erasure = Erasure.objects.filter(subject=subject).first() or _begin(subject, receipt_to)
    if erasure.state == Erasure.State.BEGUN:
        try:
            _carry_out(erasure, by, purpose)
        except (DatabaseError, SealError, Unfinished) as fault:
            log.error("an erasure is begun and not ended: %s", type(fault).__name__)
            raise Unfinished(erasure) from fault
    return erasure


def _carry_out(erasure: Erasure, by: Actor, purpose: str) -> None:
    subject = erasure.subject
    if keys.is_whole(subject):
        hand_over(UUID(subject), by)
        for gather in FAREWELLS:
            gather(subject)
    keys.intend_erasure(subject)
    keys.destroy(subject)
    _remove_rows(erasure, by, purpose)


def _begin(subject: str, receipt_to: str | None) -> Erasure:
    if found := obstacles.of(subject):
        raise Obstructed(found)
    if not (_is_here(subject) or keys.is_here(subject)):
        # Erased before, or never was: nothing is begun, and nothing entered a second time.
        just_now = Erasure.objects.filter(subject=subject).first()
        return just_now or Erasure(state=Erasure.State.DONE, done_at=timezone.now())
    if receipt_to is None:
        try:
            with transaction.atomic():
                _lock_free(subject)
                return Erasure.objects.create(subject=subject)
        except IntegrityError:  # another was first
            return Erasure.objects.get(subject=subject)
    with using("sending-mail", by=SYSTEM, at="outgoing-mail"), act():
        _lock_free(subject)
        teller = DataSubject.begin(Kind.PERSON)
        erasure, is_ours = Erasure.objects.get_or_create(
            subject=subject, defaults={"farewell": teller.pk.hex}
        )
        if is_ours:
            Farewell(owner=teller, address=receipt_to).save(force_insert=True)
        else:
            teller.delete()
    return erasure


def _is_here(subject: str) -> bool:
    return DataSubject.objects.filter(pk=subject).exists()


def lock(subject: str) -> None:
    """Whoever hands a row over to this subject, or holds it, either did so before or waits until the caller is done."""
    if connection.features.has_select_for_update:
        list(DataSubject.objects.select_for_update().filter(pk=subject).values_list("pk"))


def _lock_free(subject: str) -> None:
    lock(subject)
    if found := obstacles.of(subject):
        raise Obstructed(found)


def resume() -> int:
    """Finish erasures that a crash interrupted; returns how many."""
    waiting = set(keys.begun_erasures()) | set(
        Erasure.objects.filter(state=Erasure.State.BEGUN).values_list("subject", flat=True)
    )
    return sum(try_to_erase(subject, SYSTEM) for subject in sorted(waiting))


def try_to_erase(subject: str, by: Actor, purpose: str = PURPOSE) -> bool:
    """Erase one of many: whether it went.  The others wait neither for what is held nor for a fault.

    It is tried again at the caller's next run, so nothing of it is lost.
    """
    try:
        erase(subject, by, purpose)
    except Obstructed as obstructed:
        log.info("an erasure waits: clause=%s", obstructed.clause)
        return False
    except (DatabaseError, GateError, SealError) as error:
        log.error("an erasure cannot be finished: %s", type(error).__name__)
        return False
    return True


def one_at_a_time() -> None:
    """Wait for the row transactions of other erasures and merges: two who share rows would lock each other out."""
    if connection.vendor == "postgresql":  # SQLite has one writer anyway
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ROWS_LOCK])


def _remove_rows(erasure: Erasure, by: Actor, purpose: str) -> None:
    with transaction.atomic():
        one_at_a_time()
        locked = Erasure.objects.select_for_update().get(pk=erasure.pk)
        if locked.state != Erasure.State.BEGUN:  # the worker's round came between
            erasure.refresh_from_db()
            return
        for model, field in touching(UUID(erasure.subject)):
            on_erase, blank = next((how, names) for link, how, names in edges(model) if link == field)
            erasure.rows += _end(model, field, erasure.subject, on_erase, blank)
        for end in ENDINGS:
            end(erasure.subject)
        _cut_shares(erasure.subject)
        subject = DataSubject.objects.filter(pk=erasure.subject)
        # A row that still names it stops the commit; Django would ask every table.
        subject._raw_delete(subject.db)
        erasure.entry = _completion_leaf(erasure, by, purpose)
        erasure.state = Erasure.State.PURGING
        erasure.save()


def _end(
    model: type[PersonalModel], field: str, subject: str, on_erase: OnErase, blank: tuple[str, ...]
) -> int:
    rows = model.every.filter(**{field: subject})
    if on_erase is OnErase.DELETE:
        return _delete(model, rows)
    rows = rows.exclude(owner=subject)  # these go, whatever else they say
    sealed = [name for name in blank if name in model.seals]
    for row in rows.select_for_update() if sealed else ():
        model.every.filter(pk=row.pk).update(sealed=without(row, sealed))
    changes: dict[str, Any] = {
        field: None,
        **{name: _blank(model, name) for name in blank if name not in sealed},
    }
    changes |= {f"{name}_index": None for name in sealed if model.seals[name].lookup}
    return int(rows.update(**changes))


def _blank(model: type[PersonalModel], name: str) -> str | None:
    return None if model._meta.get_field(name).null else ""


def _delete(model: type[PersonalModel], rows: Any) -> int:
    """Rows, and of everybody's what hangs on them: it goes along, or lets go where it can stand alone."""
    gone = 0
    for other, link, is_needed in hanging_on(model):
        hanging = other.every.filter(**{f"{link}__in": rows.values("pk")})
        if is_needed:
            gone += _delete(other, hanging)
        else:
            hanging.update(**{link: None})
    return gone + int(rows._raw_delete(rows.db))


def _cut_shares(subject: str) -> None:
    # Sealed under the key that is gone: 32 blind bytes of each entry stay in the tree, the detail does not.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM journal_share WHERE subject = %s", [subject])
        cursor.execute("DELETE FROM journal_spent WHERE subject = %s", [subject])


def _completion_leaf(erasure: Erasure, by: Actor, purpose: str) -> str:
    # Whoever gets the receipt is the one subject of the leaf; the erased one has no part in it.
    held = keys.ciphers([erasure.farewell]).get(erasure.farewell) if erasure.farewell else None
    told: dict[str, Json] = {"erased": erasure.rows, "erasure": erasure.pk.hex}
    return enter(LeafKind.RESTRICTED, purpose, by, [(erasure.farewell, held, told)] if held else [])


def purge() -> int:
    """Steps 4 and 5 for every erasure that waits: nothing of it stays in the write-ahead log.  Returns how many."""
    waiting = list(Erasure.objects.filter(state=Erasure.State.PURGING))
    if waiting and _truncate():
        for erasure in waiting:
            # A use that had the row open when the erasure began may have written its entry after step 3.
            _cut_shares(erasure.subject)
            erasure.subject, erasure.state, erasure.done_at = "", Erasure.State.DONE, timezone.now()
            erasure.save()
        # The ids just blanked were in the log's pages too.
        _truncate()
    return len(waiting)


def _truncate() -> bool:
    """Empty the write-ahead logs of both stores; False while a reader still holds one open."""
    from django.db import connections

    for store in connections.all():
        if store.vendor == "sqlite":
            with store.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if cursor.fetchone()[0]:
                    return False
    return True
