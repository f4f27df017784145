"""Names that lie under one another: categories, purposes, recipients; places are a tree without branches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

Names = frozenset[str]


class Tree:
    """A forest of names; `parents` gives each name's parent, or None at the top."""

    # INVARIANT: no name lies under itself; whoever builds a tree has refused that before.
    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self.parents = dict(parents)
        children: dict[str, list[str]] = {name: [] for name in self.parents}
        for name, parent in self.parents.items():
            if parent is not None:
                children[parent].append(name)
        self.children = {name: tuple(below) for name, below in children.items()}
        self._up: dict[str, tuple[str, ...]] = {}
        self._down: dict[str, tuple[str, ...]] = {}

    @cached_property
    def names(self) -> Names:
        """Every name of the tree."""
        return frozenset(self.parents)

    def up(self, name: str) -> tuple[str, ...]:
        """The name and all above it, nearest first."""
        if name not in self._up:
            path = [name]
            while (parent := self.parents[path[-1]]) is not None:
                path.append(parent)
            self._up[name] = tuple(path)
        return self._up[name]

    def down(self, name: str) -> tuple[str, ...]:
        """The name and all below it, in the order of definition."""
        if name not in self._down:
            found, waiting = [], [name]
            while waiting:
                found.append(node := waiting.pop())
                waiting += reversed(self.children[node])
            self._down[name] = tuple(found)
        return self._down[name]

    def leaves(self, name: str) -> tuple[str, ...]:
        """The names at or below this one that have nothing below them, in the order of definition."""
        return tuple(node for node in self.down(name) if not self.children[node])

    def depth(self, name: str) -> int:
        """How many names lie above this one."""
        return len(self.up(name)) - 1

    def covered(self, names: Iterable[str]) -> Names:
        """The names and all below them: what a permission reaches."""
        return frozenset(below for name in names for below in self.down(name))

    def touched(self, names: Iterable[str]) -> Names:
        """The names, all below and all above them: what a denial reaches."""
        names = tuple(names)
        return self.covered(names) | {above for name in names for above in self.up(name)}
