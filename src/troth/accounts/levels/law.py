"""What holds: of the floor, the level and what was chosen apart from it, the strictest (clause security.settings).

INVARIANT: nothing that holds is laxer than the floor, whatever was chosen and whenever the floor was raised.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from types import MappingProxyType

from .orders import Value
from .table import SETTINGS

Values = Mapping[str, Value]
"""A value for each setting."""


def effective(floor: Values, level: str, apart: Values) -> Values:
    """What holds for a company on `level` (none: ``""``) that chose some values `apart` from it."""
    chosen = [{key: row.of_level(level) for key, row in SETTINGS.items()}] if level else []
    return strictest([floor, *chosen, apart])


def strictest(several: Iterable[Values]) -> Values:
    """The strictest of each setting, among those that say something of it."""
    several = list(several)
    return MappingProxyType({
        key: reduce(row.order.strictest, [each[key] for each in several if key in each])
        for key, row in SETTINGS.items()
    })  # fmt: skip


def is_stricter(key: str, one: Value, other: Value) -> bool:
    """Whether one value of a setting asks for more than another, or for something that the other does not."""
    return one != other and bool(SETTINGS[key].order.strictest(one, other) != other)
