"""The port behind which a key service locks the epoch keys of a key folder. Source: spec/keys.md, "Key service".

The service makes a key for each epoch, which never leaves it. What lies in the folder opens only by asking it.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from troth.engine.seal.errors import KeyStoreError
from troth.engine.seal.keyline import KEY_SIZE, StoredKey

REST_SECONDS = 5.0
"""After a failure nobody waits for the service again for so long: requests end at once instead of queueing."""


class KeyService(Protocol):
    """A key service. Every method raises KeyStoreError, in words that name neither a key nor a token."""

    @property
    def wait(self) -> timedelta:
        """How long a key that is to be destroyed can still be brought back by whoever runs the service."""

    def make(self, name: str) -> None:
        """Make a key of this name; one that is there stays."""

    def lock(self, name: str, secret: bytes, context: str) -> bytes:
        """Encrypt under the key of this name, bound to the context; at most 2 KiB come back."""

    def unlock(self, name: str, locked: bytes, context: str) -> bytes:
        """What was locked with the same name and context."""

    def destroy(self, name: str) -> None:
        """Destroy the key of this name for good, after `wait`; one that is gone already is no error."""


class Locksmith:
    """Locks and unlocks the key files of one folder by a service, if there is one."""

    def __init__(self, service: KeyService | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service, self._monotonic, self._rests_until = service, monotonic, 0.0
        self.wait = service.wait if service else timedelta()

    @property
    def is_there(self) -> bool:
        """Whether new epoch keys are locked by a service."""
        return self._service is not None

    def lock(self, key: StoredKey) -> StoredKey:
        """The key as it may lie in the folder: locked under a new key of the service."""
        if self._service is None:
            return key
        self._service.make(name := _label(key))
        secret = self._service.lock(name, key.secret, name)
        if self._service.unlock(name, secret, name) != key.secret:
            raise KeyStoreError("the key service gives back another key than it locked: look at it")
        return replace(key, secret=secret, is_locked=True)

    def unlock(self, key: StoredKey) -> StoredKey:
        """The key itself."""
        if not key.is_locked:
            return key
        if self._monotonic() < self._rests_until:
            raise KeyStoreError("the key service did not answer a moment ago")
        try:
            secret = self._known().unlock(_label(key), key.secret, _label(key))
        except KeyStoreError:
            self._rests_until = self._monotonic() + REST_SECONDS
            raise
        if len(secret) != KEY_SIZE:
            raise KeyStoreError("the key service gives back no epoch key: look at it")
        return replace(key, secret=secret, is_locked=False)

    def destroy(self, key: StoredKey) -> None:
        """Have the service destroy what locks this key."""
        if key.is_locked:
            self._known().destroy(_label(key))

    def _known(self) -> KeyService:
        if self._service is None:
            raise KeyStoreError("an epoch key is locked by a key service: set `TROTH_KEY_SERVICE` to it")
        return self._service


def _label(key: StoredKey) -> str:
    """The service's name for the key of one epoch of one install, and what it is bound to."""
    return f"troth-{key.deployment}-{key.name.removesuffix('.key')}"
