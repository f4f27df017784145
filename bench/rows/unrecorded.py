"""The same use with its entry left out.  It exists to be measured: nothing in the house can do this."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from troth.gate.uses import doors
from troth.gate.uses.use import Use


@contextmanager
def without_entries() -> Iterator[None]:
    """Within the block, a use that ends writes no entry and does not even build it."""
    with patch.object(doors, "keep", _forget):
        yield


def _forget(use: Use) -> None:
    del use
