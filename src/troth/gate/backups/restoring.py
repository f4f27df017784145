"""After a restore: everybody who was erased since the backup is erased again, before anything is served.

Every step can be repeated; `troth restore`, run again, does so.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid5

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.utils import timezone

from troth.engine.ledger import NoteError
from troth.engine.seal import Tombstones, append_tombstones, read_tombstones

from ..export import exporting
from ..export.models import Export
from ..journal import log, origins
from ..journal.integrating import integrate
from ..keystore.keys import deployment, keeper, match_store
from ..keystore.models import DataKey, KeySet
from ..outbound.models import Message
from ..schedule.models import Lease
from ..subjects.erase import erase, purge, resume
from ..subjects.models import DataSubject, Erasure
from ..uses import SYSTEM
from .admitting import Admitted
from .parts import BackupRefused


def finish(given: Admitted) -> dict[str, int]:
    """All that must happen before anything is served; what was done, counted.  Raises BackupRefused."""
    match_store()
    done = {"erased again": erase_again(), **drop_what_is_over()}
    done["log"] = _begin_log(given.heads)
    _compact()
    tombstones = _tombstones()
    if left := sum(UUID(subject) in tombstones for subject in _subjects()):
        raise BackupRefused(f"{left} subjects could not be erased again: run `troth restore` once more")
    done["without a key"] = len(set(_with_rows()) - set(_with_keys()))
    return done


def _tombstones() -> Tombstones:
    return read_tombstones(Path(settings.TROTH_TOMBSTONES), keeper().named_key("tombstone"))


def erase_again() -> int:
    """Erase everybody whose tombstone is in the journal, by the steps of any erasure, and purge; returns how many."""
    tombstones = _tombstones()
    wanted = [subject for subject in _subjects() if UUID(subject) in tombstones]
    for subject in wanted:
        # Begun by this row, so that no obstacle of today stands in the way of what was done then.
        Erasure.objects.get_or_create(subject=subject)
        erase(subject, SYSTEM)
    resume()
    purge()
    if Erasure.objects.exclude(state=Erasure.State.DONE).exists():
        raise BackupRefused(
            "an erasure could not be finished: mend the store and run `troth restore` once more"
        )
    return len(wanted)


def _subjects() -> list[str]:
    """Everybody of whom there is a row or a key."""
    return sorted({*_with_rows(), *_with_keys()})


def _with_rows() -> Iterator[str]:
    return (pk.hex for pk in DataSubject.objects.values_list("pk", flat=True))


def _with_keys() -> Iterator[str]:
    return iter(DataKey.objects.values_list("subject", flat=True))


def drop_what_is_over() -> dict[str, int]:
    """What was under way when the backup was taken, and may have happened since: it is not done a second time."""
    waiting = (Message.State.QUEUED, Message.State.SENDING)
    unknown = Message.objects.filter(state__in=waiting).update(state=Message.State.UNKNOWN)
    living = Export.objects.filter(state__in=(Export.State.PREPARING, Export.State.READY))
    ended = sum(exporting.end(export, Export.State.FAILED) for export in living)
    codes = [model._default_manager.all().delete()[0] for model in apps.get_app_config("codes").get_models()]
    Lease.objects.update(held_until=None, due_at=timezone.now())
    return {"messages that may have been sent": unknown, "exports ended": ended, "codes voided": sum(codes)}


def _begin_log(heads: tuple[str, ...]) -> int:
    """Begin the next log behind the newest head that is known; returns its number."""
    try:
        previous = origins.last_known(heads)
        if previous is None:
            raise BackupRefused("the backup has no signed head of the log: bring one with `--checkpoint`")
        number = _unused(max(log.current(), origins.number_in(previous)) + 1)
        origins.begin_next(number, previous)
    except NoteError as error:
        raise BackupRefused(f"the log cannot go on: {error}") from None
    integrate()
    return number


def _unused(number: int) -> int:
    """The first number from here on that no log had, on any machine: the journal remembers each as it does a subject.

    A second restore of one backup would else sign another history under the name that the first one took.
    """
    tombstones = _tombstones()
    while _mark(number) in tombstones:
        number += 1
    journal = Path(settings.TROTH_TOMBSTONES), keeper().named_key("tombstone")
    count = append_tombstones(*journal, [_mark(number)])
    KeySet.objects.filter(tombstones__lt=count).update(tombstones=count)
    return number


def _mark(number: int) -> UUID:
    return uuid5(deployment(), f"log/{number}")


def _compact() -> None:
    """Rewrite the stores, so that no page of the copies holds what was erased again."""
    for store in connections.all():
        with store.cursor() as cursor:
            if store.vendor == "sqlite":
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                for table in store.introspection.table_names(cursor):
                    cursor.execute(f"VACUUM (FULL) {store.ops.quote_name(table)}")
