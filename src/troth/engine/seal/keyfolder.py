"""Files that hold keys: written whole or not at all, read only when nobody else can. Source: spec/keys.md.

Writers hold the folder's lock. `.NAME.new` and `.NAME.dead` are left over from a writer that died; the next
one shreds them.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from troth.engine.seal.errors import KeyStoreError

_LARGEST = 4096


def check_private(path: Path, status: os.stat_result, *, what: str, mode: str) -> None:
    """Refuse what belongs to another user or what group or world may touch. Raises KeyStoreError."""
    me = os.geteuid()
    command = quote(str(path))
    if status.st_uid != me:
        raise KeyStoreError(
            f"{what} `{path}` belongs to user {status.st_uid}, not {me} who runs this: `chown {me} {command}`"
        )
    if status.st_mode & 0o077:
        found = f"{stat.S_IMODE(status.st_mode):04o}"
        raise KeyStoreError(f"{what} `{path}` is open to others (mode {found}): `chmod {mode} {command}`")


def check_folder(folder: Path) -> None:
    """The folder exists, is ours and closed to others. Raises KeyStoreError."""
    try:
        status = folder.lstat()
    except OSError as error:
        raise KeyStoreError(
            f"key folder `{folder}` cannot be reached ({error.strerror}): set `TROTH_KEYS` to the folder "
            "of this install, or put it back from the escrow"
        ) from None
    if not stat.S_ISDIR(status.st_mode):
        raise KeyStoreError(f"`{folder}` is no folder: set `TROTH_KEYS` to the key folder of this install")
    check_private(folder, status, what="key folder", mode="700")


def read_private(path: Path) -> bytes:
    """The content of a file of at most 4 KiB that only this user can read. Raises KeyStoreError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyStoreError(f"key file `{path}` is missing: put it back from the escrow") from None
    except OSError as error:
        raise KeyStoreError(
            f"key file `{path}` cannot be read ({error.strerror}): it must be a plain file, mode 0600"
        ) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyStoreError(f"key file `{path}` is no plain file: put it back from the escrow")
        check_private(path, status, what="key file", mode="600")
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """Create `path` (0600), durable and whole, never over an existing file. Raises KeyStoreError.

    INVARIANT: the caller holds `locked(path.parent)` or alone knows the folder, so looking first is enough.
    """
    if path.exists():
        raise KeyStoreError(
            f"key file `{path}` is there already and is never overwritten: move it away first"
        )
    try:
        replace(path, content)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise KeyStoreError(
            f"key file `{path}` cannot be written ({error.strerror}): nothing was kept, mend that and repeat"
        ) from None


def replace(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path` (0600), whole and durable. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        _write(draft, content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def shred(path: Path) -> None:
    """Remove a key file for good: out of sight first, then overwritten, then gone. Raises KeyStoreError."""
    grave = path if path.name.startswith(".") else path.with_name(f".{path.name}.dead")
    try:
        path.replace(grave)
        sync_folder(path.parent)
        with grave.open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        grave.unlink()
        sync_folder(path.parent)
    except FileNotFoundError:
        return  # destroyed before, by us or by another process
    except OSError as error:
        raise KeyStoreError(
            f"key file `{path}` cannot be destroyed ({error.strerror}): mend that and repeat"
        ) from None


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder alone while files are made or destroyed, and clear what a dead writer left."""
    check_folder(folder)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for leftover in (*folder.glob(".*.new"), *folder.glob(".*.dead")):
            shred(leftover)
        yield
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names in the folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
