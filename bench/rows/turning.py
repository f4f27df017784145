"""An epoch ends: every subject's key goes under the next one, beside a bare loop that opens and locks as many keys."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connections, transaction

from troth.engine.seal import new_dek, wrap, wrap_contexts
from troth.gate.keystore import turning
from troth.gate.keystore.keys import deployment, keeper
from troth.gate.keystore.models import DataKey
from troth.gate.keystore.routing import KEYS

from ..method import Contender, by_turns
from ..report import Section, Target

BARE, OURS = "open and lock, in memory", "re-wrapped, durable"
CHUNK = 20_000
BOUND = 5.0


def rows(rounds: int, size: int) -> list[Section]:
    """All keys of the store move to an epoch begun for each sample."""
    _fill(size)
    total = DataKey.objects.count()

    def turned() -> None:
        assert turning.turn_epoch() == total

    ours = Contender(OURS, turned, total, before=keeper().begin_epoch)
    found = by_turns([Contender(BARE, _bare(total), total), ours], rounds)
    target = Target("clock, to the bare loop", found[OURS].ratio(found[BARE]), BOUND)
    return [Section(f"An epoch turns: {total:,} keys", "a key", list(found.values()), [target])]


def _bare(total: int) -> Callable[[], None]:
    old, new, place = AESGCM(os.urandom(32)), AESGCM(os.urandom(32)), os.urandom(40)
    nonce = os.urandom(12)
    locked = old.encrypt(nonce, os.urandom(32), place)

    def loop() -> None:
        for _ in range(total):
            fresh = os.urandom(12)
            new.encrypt(fresh, old.decrypt(nonce, locked, place), place)

    return loop


def _fill(size: int) -> None:
    epoch = keeper().newest_epoch()
    kek, contexts = keeper().kek(epoch), wrap_contexts(deployment())
    now = connections[KEYS].ops.adapt_datetimefield_value(datetime.now(UTC))
    for start in range(0, size, CHUNK):
        ids = [uuid4() for _ in range(min(CHUNK, size - start))]
        with transaction.atomic(using=KEYS), connections[KEYS].cursor() as cursor:
            cursor.executemany(
                "INSERT INTO keystore_datakey (subject, version, algorithm, epoch, wrapped, erasing, limited,"
                " created_at) VALUES (%s,%s,%s,%s,%s,%s,%s,%s)",
                [
                    (
                        each.hex,
                        1,
                        1,
                        epoch,
                        wrap(kek, epoch, new_dek(), contexts(each.bytes, 1)),
                        False,
                        False,
                        now,
                    )
                    for each in ids
                ],
            )
