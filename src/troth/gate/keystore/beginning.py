"""The first start of an install: its key folder and its tombstone journal.  No Django here."""

from pathlib import Path

from troth.engine.seal import KeyFile, begin_tombstones


def begin(folder: Path, tombstones: Path) -> bool:
    """Make the key folder and an empty tombstone journal; False when there are keys already.

    Raises KeyStoreError for a folder that holds something else, or cannot be written.
    """
    if folder.is_dir() and any(folder.iterdir()):
        KeyFile(folder)
        return False
    keys = KeyFile.initialise(folder)
    begin_tombstones(tombstones, keys.named_key("tombstone"))
    return True
