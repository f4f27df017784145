"""Preparing archives: one at a time, under a lease, begun anew after a crash."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from ..files import disk
from ..files.models import new_token
from ..files.stored import Writing
from . import exporting
from .bundle import assemble
from .models import Export
from .reading import Reading, within

log = logging.getLogger("troth.export")

LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 3
BEAT_SECONDS = 0.5


class Withdrawn(Exception):
    """The export ended, or another worker holds it now: what was made of it here is thrown away."""


class Progress:
    """How far an export is.  Telling it keeps the lease, and finds out when the export is ours no longer."""

    def __init__(self, export: Export, total: int) -> None:
        self._ours = Export.objects.filter(
            pk=export.pk, state=Export.State.PREPARING, draft_token=export.draft_token
        )
        self._done, self._total, self._told = 0, max(total, 1), time.monotonic()

    def add(self, amount: int) -> None:
        """So much more is done, in bytes.  Raises Withdrawn."""
        self._done += amount
        if time.monotonic() - self._told > BEAT_SECONDS:
            self._told = time.monotonic()
            part = min(99, 100 * self._done // self._total)
            if not self._ours.update(progress=part, held_until=timezone.now() + LEASE):
                raise Withdrawn


def is_waiting() -> bool:
    """Whether an export waits for somebody to prepare it."""
    return _free().exists()


def prepare_one() -> bool:
    """Prepare the export that has waited longest; False when none waits.

    After three failures it has failed; a worker that was killed counts as one.
    """
    export = _free().first()
    if export is None:
        return False
    if export.draft_token:
        disk.remove(export.draft_token)
    if export.attempts >= MOST_ATTEMPTS:
        exporting.end(export, Export.State.FAILED)
    elif _take(export):
        try:
            _prepare(export)
        except Withdrawn:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it was is counted, and stops no other export
            _count(export, error)
    return True


def _free() -> "QuerySet[Export]":
    now = timezone.now()
    # A lease further ahead than anybody sets was set under a clock that was wrong.
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + 2 * LEASE)
    waiting: QuerySet[Export] = Export.objects.filter(free, state=Export.State.PREPARING)
    return waiting.order_by("asked_at")


def _take(export: Export) -> bool:
    # One conditional update: of two workers, one gets it.
    seen = Export.objects.filter(pk=export.pk, state=Export.State.PREPARING, attempts=export.attempts)
    token = new_token()
    taken = seen.update(
        held_until=timezone.now() + LEASE, attempts=F("attempts") + 1, draft_token=token, progress=0
    )
    export.draft_token, export.attempts = token, export.attempts + 1
    return bool(taken)


def _count(export: Export, error: Exception) -> None:
    log.error("an export failed: %s, attempt %d", type(error).__name__, export.attempts)
    if export.attempts >= MOST_ATTEMPTS:
        exporting.end(export, Export.State.FAILED)
    else:
        Export.objects.filter(pk=export.pk, draft_token=export.draft_token).update(held_until=None)


def _prepare(export: Export) -> None:
    # Two of them may have become one since.
    subjects = list(dict.fromkeys(export.parts.order_by("pk").values_list("subject", flat=True)))
    reading = Reading(export.owner_id, subjects, export.categories)
    try:
        with _writing(export, reading) as writing:
            reading.step = Progress(export, reading.weight()).add
            assemble(writing, reading)
            archive = writing.close()
            # Whose data was read is on record before anybody can have the archive.
            reading.keep()
            if not exporting.make_ready(export, archive):
                raise Withdrawn
    finally:
        reading.close()


@contextmanager
def _writing(export: Export, reading: Reading) -> Iterator[Writing]:
    name = exporting.name_of(export)
    with within(reading.own):
        writing = Writing(export.owner_id, name, "application/zip", exporting.CATEGORY, export.draft_token)
    try:
        yield writing
    except BaseException:
        writing.abandon()
        raise
