"""The escrow of the key folder (spec/keys.md): how an install survives the loss of its keys."""

from datetime import UTC, datetime
from pathlib import Path

from troth.engine.seal import (
    KeyFile,
    escrow_header,
    make_recovery_key,
    open_escrow,
    seal_escrow,
    write_escrow,
)


def new_recovery_key() -> tuple[str, str]:
    """(public, private) halves of a fresh recovery key; neither is stored."""
    pair = make_recovery_key()
    return pair.public, pair.private


def escrow(to: Path, recovery_public: str) -> None:
    """Seal the key folder to the recovery key, in the place of the escrow before.  Raises EscrowBroken."""
    from .keys import keeper  # a recovery pair is made where nothing is installed

    keys, now = keeper(), datetime.now(UTC)
    write_escrow(to, seal_escrow(recovery_public, keys.files(), deployment=keys.deployment, now=now))


def escrowed_at(path: Path) -> datetime:
    """When an escrow was written, by its header.  Raises EscrowBroken, OSError."""
    return escrow_header(path.read_bytes()).created


def restore(source: Path, recovery_private: str, folder: Path) -> None:
    """Open an escrow into a new key folder.  Raises EscrowBroken, KeyStoreError for a folder that holds anything."""
    KeyFile.restore(folder, open_escrow(recovery_private, source.read_bytes()))
