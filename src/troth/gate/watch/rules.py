"""The rules by which signs are an attack: a table in `rules.toml`, each rule with samples that try it.

A sample is steps, `{what, times, apart}`: so many signs of a word, from one net and account, each of another thing where
`apart` says so.  `fires` must make the rule fire, `rests` must not; both are run as tests and by the control.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .signs import Sign

BY = ("net", "account")
DO = ("slow", "challenge", "block-net", "block-family", "block-account", "page")


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a sample."""

    what: str
    times: int = 1
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """So many signs of one word, counted together `by` net or account, within so many seconds.

    `differing` counts different things alone.  `after` is a sign that must come before, within the same time.  `unlike`
    fires only where it is also more than that person's own work was so far.  `minutes` is how long what is done lasts.
    """

    id: str
    title: str
    why: str
    on: str
    by: str
    many: int
    seconds: int
    do: tuple[str, ...]
    fires: tuple[Step, ...]
    rests: tuple[Step, ...]
    minutes: int = 60
    differing: bool = False
    unlike: bool = False
    after: str = ""

    @property
    def signs(self) -> frozenset[str]:
        """The words that it waits for."""
        return frozenset({self.on, self.after} - {""})


def _rule(told: Mapping[str, Any]) -> Rule:
    steps = {name: tuple(Step(**step) for step in told[name]) for name in ("fires", "rests")}
    rule = Rule(**{**told, **steps, "do": tuple(told["do"])})
    if rule.by not in BY or not set(rule.do) <= set(DO) or not rule.fires or not rule.rests:
        raise ValueError(f"rule `{rule.id}` counts by, or does, what nobody can, or has no samples")
    return rule


@cache
def table() -> dict[str, Any]:
    """The file of rules and patterns as it stands."""
    return tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8"))


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the file."""
    return tuple(map(_rule, table()["rule"]))


def signs_of(sample: tuple[Step, ...]) -> Iterator[Sign]:
    """The signs of a sample, all of one account."""
    for step in sample:
        for number in range(step.times):
            yield Sign(step.what, "0" * 32, (f"thing {number if step.apart else 0}",))
