"""How it is told that each setting takes hold: the floors that enforce one bind a probe to it.

A probe tries its setting with what one company chose, on what is stored and by the code that enforces it.
"""

from collections.abc import Callable
from uuid import UUID

from .law import Values, is_stricter
from .models import Choice
from .table import SETTINGS

Probe = Callable[[Choice, Values], str]
"""What is wrong with how a choice is held to, in words without anybody's data; nothing when all is well."""

PROBES: dict[str, Probe] = {}


def probes(*keys: str) -> Callable[[Probe], Probe]:
    """Bind a probe to the settings that it tries."""

    def bind(probe: Probe) -> Probe:
        for key in keys:
            if key not in SETTINGS or PROBES.get(key, probe) is not probe:
                raise ValueError(f"`{key}` is no setting, or has another probe")
            PROBES[key] = probe
        return probe

    return bind


def unbound() -> list[str]:
    """The settings that nothing enforces: no page may show one."""
    return [row.label for key, row in SETTINGS.items() if key not in PROBES]


def found(choice: Choice, values: Values, floor: Values) -> list[str]:
    """Everything that is wrong with how a company's choice is held to."""
    laxer = [row.label for key, row in SETTINGS.items() if is_stricter(key, floor[key], values[key])]
    tried = dict.fromkeys(probe(choice, values) for probe in dict.fromkeys(PROBES.values()))
    return [*(f"“{label}” is laxer than the floor" for label in laxer), *(each for each in tried if each)]


MADE_UP = UUID(int=0x7E57)
"""Stands for a company that chose the strictest level, so that each setting is tried whatever was chosen."""
