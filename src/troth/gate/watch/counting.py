"""Signs counted in this process's memory: when a rule has seen enough, it fires, and counts from nought.

INVARIANT: what is held is bounded, however many nets an attack comes from; who was seen longest ago is forgotten first.
"""

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from threading import Lock
from typing import Any

from .rules import Rule, rules
from .signs import Sign

MOST_KEYS = 50_000
"""Nets and accounts that are counted at once, each by each rule."""

_numbers = count()


class Counting:
    """The counts of one process.  `is_unlike` says of an account and a number whether they are out of its own line."""

    def __init__(self, is_unlike: Callable[[str, int], bool] = lambda account, number: False) -> None:
        self._is_unlike = is_unlike
        self._lock = Lock()
        self._windows: OrderedDict[tuple[str, str], dict[str, float]] = OrderedDict()
        self._before: OrderedDict[tuple[str, str], float] = OrderedDict()

    def forget(self) -> None:
        """Count from nought."""
        with self._lock:
            self._windows.clear()
            self._before.clear()

    def fired(self, sign: Sign, net: str, at: float) -> list[Rule]:
        """The rules that fire with this sign, seen from a net (blank where there was none) at a time in seconds."""
        return [
            rule
            for rule in rules()
            if sign.what in (rule.on, rule.after) and self._fires(rule, sign, net, at)
        ]

    def _fires(self, rule: Rule, sign: Sign, net: str, at: float) -> bool:
        key = net if rule.by == "net" else sign.account
        if not key:
            return False
        with self._lock:
            if sign.what == rule.after:
                _put(self._before, (rule.id, key), at)
                return False
            if rule.after and at - self._before.get((rule.id, key), float("-inf")) > rule.seconds:
                return False
            window = self._windows.get((rule.id, key), {})
            _put(self._windows, (rule.id, key), window)
            for thing in sign.each if rule.differing else (str(next(_numbers)),):
                window[thing] = at
            if len(window) < rule.many:
                return False
            for thing in [thing for thing, seen in window.items() if at - seen > rule.seconds]:
                del window[thing]
            number = len(window)
            if number < rule.many or (rule.unlike and not self._is_unlike(key, number)):
                return False
            del self._windows[rule.id, key]
        return True


def _put(kept: "OrderedDict[tuple[str, str], Any]", key: tuple[str, str], value: Any) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > MOST_KEYS:
        kept.popitem(last=False)
