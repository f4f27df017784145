"""The port behind which root keys lie: a folder of files, or a key service by an adapter of its own."""

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from troth.engine.seal.epochs import Epoch
from troth.engine.seal.wrapping import Kek

NAMED_KEYS = ("ledger", "links", "session", "suppression", "tombstone")
"""Sibling keys: ledger signing seed, link signing, session secret, suppression list, tombstone journal."""


class KeyKeeper(Protocol):
    """Whoever holds the epoch keys. Every method may raise KeyStoreError; nothing falls back to plaintext."""

    @property
    def deployment(self) -> UUID:
        """The install these keys belong to; part of every context."""

    @property
    def check_value(self) -> str:
        """Says which set of keys this is and nothing about them; the data store keeps a copy to compare."""

    @property
    def wait(self) -> timedelta:
        """How long an epoch key can still be brought back after `destroy`."""

    @property
    def is_behind(self) -> bool:
        """Whether the newest epoch key does not lie where it should: another is to be begun now."""

    def files(self) -> dict[str, bytes]:
        """What the escrow holds: all keys, as a folder that needs nothing else."""

    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs whose key lives, oldest first."""

    def newest_epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""

    def kek(self, epoch: int) -> Kek:
        """The unwrapped key of an epoch, kept in memory for 10 minutes at most."""

    def begin_epoch(self) -> int:
        """Create the key of a new epoch and return its number."""

    def destroy(self, epoch: int, in_use: Collection[int]) -> None:
        """Destroy an epoch's key; refuses the newest and any of `in_use`. Destroying twice is no error."""

    def newest_index_epoch(self) -> int:
        """The index epoch under which new blind indexes are made."""

    def index_key(self, name: str, index_epoch: int) -> bytes:
        """The 32-byte blind-index key of one field in one index epoch."""

    def begin_index_epoch(self) -> int:
        """Create the root of a new index epoch and return its number."""

    def destroy_index_epoch(self, index_epoch: int) -> None:
        """Destroy an index epoch's root; refuses the newest. Destroying twice is no error."""

    def named_key(self, name: str) -> bytes:
        """One of NAMED_KEYS, 32 bytes."""

    def health(self) -> tuple[str, ...]:
        """What is wrong with the store, a line each with its mend; empty when all is well."""
