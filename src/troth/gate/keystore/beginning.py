"""The first start of an install: its key folder and its tombstone journal.  No Django here."""

import shutil
from pathlib import Path

from troth.engine.seal import KeyFile, begin_tombstones


def is_begun(folder: Path) -> bool:
    """Whether the key folder holds anything: one that is missing or empty waits for its first keys, or has lost them."""
    return folder.is_dir() and any(folder.iterdir())


def refuse_broken(folder: Path) -> None:
    """Raises KeyStoreError for the first key that is missing, damaged, of another install or open to others."""
    if is_begun(folder):
        KeyFile(folder).check()


def begin(folder: Path, tombstones: Path) -> bool:
    """Make the key folder and an empty tombstone journal; False when there are keys already.

    INVARIANT: whoever calls knows that no store needs the keys of another folder.
    Raises KeyStoreError for a folder that holds something else, or cannot be written.
    """
    if is_begun(folder):
        refuse_broken(folder)
        return False
    keys = KeyFile.initialise(folder)
    try:
        begin_tombstones(tombstones, keys.named_key("tombstone"))
    except BaseException:
        shutil.rmtree(
            folder, ignore_errors=True
        )  # nothing was sealed with them yet: the next start begins anew
        raise
    return True
