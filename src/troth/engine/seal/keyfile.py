"""The key-file adapter of the KeyKeeper port: one folder, one file for each key. Source: spec/keys.md."""

import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import NamedTuple, NoReturn, Self
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from troth.engine.seal.epochs import Epoch, next_number, overdue
from troth.engine.seal.errors import KeyStoreError
from troth.engine.seal.keeper import NAMED_KEYS
from troth.engine.seal.keyfolder import check_folder, locked, read_private, shred, sync_folder, write_new
from troth.engine.seal.keyline import KEY_SIZE, BadLine, StoredKey, key_line, make_key, read_key_line
from troth.engine.seal.keyservice import KeyService, Locksmith
from troth.engine.seal.wrapping import Kek

CACHE_SECONDS = 600.0
_SETTLED_NS = 2_000_000_000
_DEPLOYMENT = "deployment"
_NUMBERED = re.compile(r"(epoch|index)-(\d{6,10})\.key")
_FILE_NAME = re.compile(rf"deployment|(?:{'|'.join(NAMED_KEYS)}|(?:epoch|index)-\d{{6,10}})\.key")


class _Held(NamedTuple):
    until: float
    key: StoredKey
    kek: Kek


def _utc_now() -> datetime:
    return datetime.now(UTC)


class KeyFile:
    """The keys of one install in `folder` (0700, files 0600). Raises KeyStoreError, also on opening.

    `expected` is the check value the data store remembers; other keys are refused. `monotonic` (seconds)
    times the cache, `now` (aware) dates new keys; both are injected by tests. With a `service` new epoch keys lie
    here locked by it; what lies in clear, or locked, from before is read as well.
    """

    def __init__(
        self,
        folder: Path,
        *,
        expected: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        service: KeyService | None = None,
    ) -> None:
        self.folder = folder
        self._locksmith = Locksmith(service, monotonic)
        self._monotonic = monotonic
        self._now = now
        self._held: dict[str, _Held] = {}
        self._listed: tuple[int, frozenset[str]] = (0, frozenset())
        check_folder(folder)
        root = self._root()
        if expected is not None and expected != self.check_value:
            raise KeyStoreError(
                f"key folder `{folder}` holds the keys of another install (`{root.deployment}`): "
                "set `TROTH_KEYS` to the folder that was made with this data"
            )

    @classmethod
    def initialise(cls, folder: Path, *, now: Callable[[], datetime] = _utc_now) -> Self:
        """Make a new folder with all keys an install needs. Refuses a folder that holds anything."""
        root = make_key(_DEPLOYMENT, uuid4(), now())
        first = next_number(now(), 0)
        names = [
            _numbered("epoch", first),
            _numbered("index", first),
            *(f"{name}.key" for name in NAMED_KEYS),
        ]
        files = {name: key_line(make_key(name, root.deployment, now()), root.secret) for name in names}
        cls._fill(folder, {_DEPLOYMENT: key_line(root, root.secret)} | files, None)
        return cls(folder, now=now)

    @classmethod
    def restore(cls, folder: Path, files: Mapping[str, bytes], *, expected: str | None = None) -> Self:
        """Put the content of an opened escrow into a new folder. Refuses a folder that holds anything."""
        for name in files:
            if not _FILE_NAME.fullmatch(name):
                raise KeyStoreError("the escrow names a file that is no key file: bring another escrow")
        cls._fill(folder, files, expected)
        return cls(folder, expected=expected)

    @classmethod
    def _fill(cls, folder: Path, files: Mapping[str, bytes], expected: str | None) -> None:
        """Fill and check a folder beside its place, then move it there: no half-made one is ever seen."""
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            try:
                for name, content in files.items():
                    write_new(draft / name, content)
                cls(draft, expected=expected).files()
                draft.rename(folder)
            except BaseException:
                rmtree(draft)
                raise
            sync_folder(folder.parent)
        except OSError as error:
            raise KeyStoreError(
                f"key folder `{folder}` cannot be made ({error.strerror}): name an absent or empty folder, "
                "no mount point, on a disk with room"
            ) from None

    def files(self) -> dict[str, bytes]:
        """The content of the folder, for the escrow; every file is checked on the way.

        What a key service locks is in it unlocked: the escrow outlives the service.
        """
        secret = self._root().secret
        return {name: key_line(self._key(name), secret) for name in sorted(self._names())}

    def check(self) -> None:
        """Raise KeyStoreError for the first file that is damaged, foreign or open to others; asks no key service."""
        for name in (*self._names(), *(f"{name}.key" for name in NAMED_KEYS)):
            self._line(name)

    @property
    def wait(self) -> timedelta:
        """How long a destroyed epoch key can still be brought back by whoever runs the key service."""
        return self._locksmith.wait

    @property
    def is_behind(self) -> bool:
        """Whether the newest epoch key lies here in clear, although a key service should lock it."""
        newest = self._line(_numbered("epoch", self._newest("epoch")))
        return self._locksmith.is_there and not newest.is_locked

    @property
    def deployment(self) -> UUID:
        """The id of this install."""
        return self._root().deployment

    @property
    def check_value(self) -> str:
        """32 hex digits that tell this set of keys from every other and say nothing about it."""
        return sha256(b"troth-keys-check-1" + self._root().secret).hexdigest()[:32]

    def epochs(self) -> tuple[Epoch, ...]:
        """All epochs whose key lies in the folder, oldest first."""
        numbers = self._numbers("epoch")
        return tuple(Epoch(number, self._line(_numbered("epoch", number)).created) for number in numbers)

    def newest_epoch(self) -> int:
        """The epoch under which new data keys are wrapped."""
        return self._newest("epoch")

    def kek(self, epoch: int) -> Kek:
        """The key of an epoch, from memory for up to ten minutes."""
        return self._hold(_numbered("epoch", epoch)).kek

    def begin_epoch(self) -> int:
        """Create the key of a new epoch; durable when this returns."""
        return self._begin("epoch")

    def destroy(self, epoch: int, in_use: Collection[int]) -> None:
        """Destroy the key of an epoch that no live data key needs. Refuses the newest and those `in_use`."""
        if epoch in in_use:
            raise KeyStoreError(f"epoch {epoch} still wraps live data keys: re-wrap them first")
        self._end("epoch", epoch)

    def newest_index_epoch(self) -> int:
        """The index epoch under which new blind indexes are made."""
        return self._newest("index")

    def index_key(self, name: str, index_epoch: int) -> bytes:
        """The 32-byte key of one field label in one index epoch."""
        root = self._key(_numbered("index", index_epoch)).secret
        return HKDF(SHA256(), KEY_SIZE, salt=None, info=b"troth-index-key-1:" + name.encode()).derive(root)

    def begin_index_epoch(self) -> int:
        """Create the root of a new index epoch; durable when this returns."""
        return self._begin("index")

    def destroy_index_epoch(self, index_epoch: int) -> None:
        """Destroy the root of an index epoch; its indexes then point to nothing. Refuses the newest."""
        self._end("index", index_epoch)

    def named_key(self, name: str) -> bytes:
        """One of NAMED_KEYS, 32 bytes."""
        if name not in NAMED_KEYS:
            raise KeyStoreError(f"there is no key named `{name}`: the names are {', '.join(NAMED_KEYS)}")
        return self._key(f"{name}.key").secret

    def health(self) -> tuple[str, ...]:
        """One line for each thing that is wrong, read from the disk and not from memory."""
        self._held.clear()
        try:
            check_folder(self.folder)
            self._root()
            self._newest("epoch")
            self._newest("index")
        except KeyStoreError as error:
            return (str(error),)
        problems = []
        for name in sorted(self._names() | {f"{name}.key" for name in NAMED_KEYS}):
            try:
                self._key(name)
            except KeyStoreError as error:
                problems.append(str(error))
        late = () if problems else overdue(self._now(), self.epochs())
        advice = "run the worker or `troth keys rotate`"
        return (*problems, *(f"epoch {number} is over 45 days old and lives: {advice}" for number in late))

    def __repr__(self) -> str:
        return f"<KeyFile {self.folder}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key folder is never pickled or copied")

    def _root(self) -> StoredKey:
        return self._hold(_DEPLOYMENT).key

    def _key(self, name: str) -> StoredKey:
        return self._hold(name).key

    def _hold(self, name: str) -> _Held:
        """INVARIANT: no key stays in memory longer than CACHE_SECONDS after it was read, asked for or not."""
        clock = self._monotonic()
        held = self._held.get(name)
        if held is not None and clock < held.until:
            return held
        for stale in [other for other, kept in list(self._held.items()) if clock >= kept.until]:
            self._held.pop(stale, None)
        key = self._read(name)
        held = _Held(clock + CACHE_SECONDS, key, Kek(key.secret))
        self._held[name] = held
        return held

    def _read(self, name: str) -> StoredKey:
        return self._locksmith.unlock(self._line(name))

    def _line(self, name: str) -> StoredKey:
        """A key as it lies in its file, locked or not."""
        path = self.folder / name
        line = read_private(path)
        try:
            if name == _DEPLOYMENT:
                return read_key_line(line, name)
            return read_key_line(line, name, self._root().secret)
        except BadLine as error:
            raise KeyStoreError(f"key file `{path}` {error}: put it back from the escrow") from None

    def _names(self) -> frozenset[str]:
        """The key files, listed anew whenever the folder's time of change is another."""
        try:
            changed = os.stat(self.folder).st_mtime_ns
            if self._listed[0] == changed:
                return self._listed[1]
            names = frozenset(name for name in os.listdir(self.folder) if _FILE_NAME.fullmatch(name))
            # A folder that changed just now may change again within the same tick of its clock.
            if time.time_ns() - changed > _SETTLED_NS:
                self._listed = (changed, names)
            return names
        except OSError as error:
            raise KeyStoreError(
                f"key folder `{self.folder}` cannot be read ({error.strerror}): set `TROTH_KEYS` to it"
            ) from None

    def _numbers(self, kind: str) -> list[int]:
        found = map(_NUMBERED.fullmatch, self._names())
        return sorted(int(match[2]) for match in found if match and match[1] == kind)

    def _newest(self, kind: str) -> int:
        numbers = self._numbers(kind)
        if not numbers:
            raise KeyStoreError(f"key folder `{self.folder}` has no {kind} key: put it back from the escrow")
        return numbers[-1]

    def _begin(self, kind: str) -> int:
        root = self._root()
        with locked(self.folder):
            now = self._now()
            name = _numbered(kind, number := next_number(now, self._newest(kind)))
            key = make_key(name, root.deployment, now)
            kept = self._locksmith.lock(key) if kind == "epoch" else key
            write_new(self.folder / name, key_line(kept, root.secret))
        return number

    def _end(self, kind: str, number: int) -> None:
        name = _numbered(kind, number)
        with locked(self.folder):
            if number >= self._newest(kind):
                raise KeyStoreError(f"{kind} {number} is the newest and stays: begin another first")
            if name in self._names():
                # The service first: a file that is gone would leave its key there, and nobody to ask for its end.
                self._locksmith.destroy(self._line(name))
                shred(self.folder / name)
        self._held.pop(name, None)


def _numbered(kind: str, number: int) -> str:
    return f"{kind}-{number:06d}.key"
