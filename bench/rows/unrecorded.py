"""The same use with its records left out.  It exists to be measured: nothing in the house can do this."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from troth.apps.protection import noting
from troth.gate.uses import doors


@contextmanager
def without_entries() -> Iterator[None]:
    """Within the block, a use that ends writes no entry and does not even build it.

    Nor is an alarm kept: staff who open a thousand people at once set one off, however it is counted.
    """
    with patch.object(doors, "keep", _forget), patch.object(noting, "note", _forget):
        yield


def _forget(*_: object) -> None:
    pass
