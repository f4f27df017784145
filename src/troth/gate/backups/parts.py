"""A part of a backup: a folder of files and its manifest, which names each with its hash and is signed.  No Django here.

A backup has two parts, `data` and `keys`, each whole in itself, so that they can be kept apart.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from typing import Any, Self
from uuid import UUID

from troth.engine.ledger import LedgerError, open_checkpoint
from troth.engine.ledger.sign import Signer
from troth.engine.seal import KeyKeeper

from ..errors import SealError

FORMAT = "troth-backup-1"
DATA, KEYS = "data", "keys"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
NAME = "troth/backup"
"""The signer's name: no log has it, so that what is signed here is never taken for a head."""
BLOCK = 1 << 20


class BackupRefused(SealError):
    """A backup that cannot be taken, or may not be restored here; one line, with what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a part says of itself.

    `tombstones` is the journal's length and `chain` its last value when the part was taken; `epochs` are those that the
    data keys were wrapped under; `head` is the log's last signed head.  The last two are of one part each.
    """

    part: str
    backup: str
    taken: str
    deployment: str
    check_value: str
    store: str
    files: dict[str, tuple[int, str]]
    tombstones: int
    chain: str
    epochs: tuple[int, ...] = ()
    head: str = ""

    def encode(self) -> bytes:
        """The manifest's bytes, which are signed."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a manifest whose signature was checked."""
        told: dict[str, Any] = json.loads(data)
        if told.pop("format") != FORMAT:
            raise BackupRefused("the backup is of another format: restore it with the version that wrote it")
        files = {name: (int(size), str(digest)) for name, (size, digest) in told.pop("files").items()}
        return cls(**{**told, "files": files, "epochs": tuple(told["epochs"])})

    @property
    def moment(self) -> datetime:
        """When it was taken."""
        return datetime.fromisoformat(self.taken)


def signer(keeper: KeyKeeper) -> Signer:
    """Who signs the backups of an install."""
    return Signer(NAME, keeper.named_key("ledger"))


def listed(folder: Path) -> dict[str, tuple[int, str]]:
    """Each file below a folder, with size and hash, made durable on the way."""
    return {
        path.relative_to(folder).as_posix(): hashed(path, durable=True)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def hashed(path: Path, *, durable: bool = False) -> tuple[int, str]:
    """Size and SHA-256 of a file.  Raises OSError."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
        if durable:
            os.fsync(file.fileno())
    return size, digest.hexdigest()


def write(folder: Path, manifest: Manifest, keeper: KeyKeeper) -> None:
    """Close a part: its manifest, and the signature under it."""
    content = manifest.encode()
    note = signer(keeper).sign(len(manifest.files), sha256(content).digest())
    for name, data in ((MANIFEST, content), (SIGNATURE, note.encode())):
        with (folder / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path, part: str, keeper: KeyKeeper) -> Manifest:
    """A part whose every file is there, whole, and named by a manifest that this install signed.

    Raises BackupRefused.
    """
    manifest = _signed(folder, keeper)
    if manifest.part != part:
        raise BackupRefused(f"`{folder}` is the part `{manifest.part}` of a backup, not `{part}`")
    if manifest.deployment != str(keeper.deployment) or manifest.check_value != keeper.check_value:
        raise BackupRefused(_foreign(folder, manifest.deployment))
    for name, known in manifest.files.items():
        path = folder / name
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute() or path.is_symlink():
            raise BackupRefused(f"`{path}` is no file of a backup: bring another copy")
        try:
            is_whole = hashed(path) == known
        except OSError as error:
            raise BackupRefused(f"`{path}` cannot be read ({error.strerror}): bring another copy") from None
        if not is_whole:
            raise BackupRefused(f"`{path}` is damaged: its hash is not the manifest's; bring another copy")
    return manifest


def _foreign(folder: Path, deployment: str) -> str:
    return (
        f"`{folder}` is a backup of another install (`{deployment[:36]}`) than the key folder's:"
        " bring the escrow of that install, or the backup of this one"
    )


def _signed(folder: Path, keeper: KeyKeeper) -> Manifest:
    try:
        content, note = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BackupRefused(f"`{folder}` is no part of a backup: it has no signed manifest") from None
    try:
        signed = open_checkpoint(note, signer(keeper).key)
    except LedgerError:
        # Another install's keys are a commoner cause than a forger's, and the manifest tells which.
        told = _deployment(content)
        if told not in (None, keeper.deployment):
            raise BackupRefused(_foreign(folder, str(told))) from None
        raise BackupRefused(
            f"`{folder}` is damaged: its manifest is not signed; bring another copy"
        ) from None
    if signed.root != sha256(content).digest():
        raise BackupRefused(f"`{folder}` is damaged: its manifest is not the one that was signed")
    return Manifest.decode(content)


def _deployment(content: bytes) -> UUID | None:
    try:
        return UUID(json.loads(content)["deployment"])
    except (ValueError, KeyError, TypeError):
        return None


def copy(source: Path, target: Path) -> None:
    """Copy a file (0600, durable), making the folders above it.  Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with source.open("rb") as given, target.open("wb") as taken:
        copyfileobj(given, taken, BLOCK)
        taken.flush()
        os.fsync(taken.fileno())


def below(folder: Path) -> Iterator[Path]:
    """The plain files below a folder that may not be there."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
