"""Nets of Internet addresses, and the one among a million of them in which an address lies.

A table for each length of prefix, so that looking costs one question for each length that occurs, however many there are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Generic, TypeVar

WHOLE = {32: 32, 128: 64}
"""What counts as one sender: an address of version 4, and the half of one of version 6 that names its network."""
Held = TypeVar("Held")


@lru_cache(maxsize=8192)
def read(address: str) -> tuple[int, int] | None:
    """How many bits an address has, and the address as a number; None for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.max_prefixlen, int(found)


@dataclass(frozen=True, slots=True)
class Net:
    """A net: how many bits its addresses have, how many of them all have in common, and those as a number."""

    size: int
    bits: int
    prefix: int

    @classmethod
    def of(cls, address: str) -> "Net | None":
        """The net that counts as the sender at an address."""
        found = read(address)
        if found is None:
            return None
        bits = WHOLE[found[0]]
        return cls(found[0], bits, found[1] >> (found[0] - bits))

    @classmethod
    def said(cls, text: str) -> "Net":
        """A net as people write it, `203.0.113.0/24`.  Raises ValueError."""
        net = ip_network(text.strip(), strict=False)
        return cls(
            net.max_prefixlen, net.prefixlen, int(net.network_address) >> (net.max_prefixlen - net.prefixlen)
        )

    @classmethod
    def unpacked(cls, packed: bytes, bits: int) -> "Net":
        """A net out of its bytes in a table."""
        return cls(len(packed) * 8, bits, int.from_bytes(packed, "big") >> (len(packed) * 8 - bits))

    @property
    def packed(self) -> bytes:
        """The first address of the net, as bytes."""
        return (self.prefix << (self.size - self.bits)).to_bytes(self.size // 8, "big")

    def __str__(self) -> str:
        return str(ip_network((self.packed, self.bits)))


class Nets(Generic[Held]):
    """Something held for each of many nets."""

    def __init__(self) -> None:
        self._tables: dict[tuple[int, int], dict[int, Held]] = {}
        # INVARIANT: replaced, never changed: another thread may be going through it.
        self._lengths: dict[int, tuple[tuple[int, dict[int, Held]], ...]] = {32: (), 128: ()}

    def put(self, net: Net, held: Held) -> None:
        table = self._tables.get((net.size, net.bits))
        if table is None:
            table = self._tables[net.size, net.bits] = {}
            here = (*self._lengths[net.size], (net.size - net.bits, table))
            self._lengths = {**self._lengths, net.size: here}
        table[net.prefix] = held

    def drop(self, net: Net) -> None:
        self._tables.get((net.size, net.bits), {}).pop(net.prefix, None)

    def over(self, address: str) -> Iterator[Held]:
        """What is held for each net in which an address lies."""
        found = read(address)
        if found is None:
            return
        for shift, table in self._lengths[found[0]]:
            held = table.get(found[1] >> shift)
            if held is not None:
                yield held

    def sweep(self, is_over: Callable[[Held], bool]) -> None:
        """Drop each net whose held thing is over."""
        for table in self._tables.copy().values():
            for prefix in [prefix for prefix, held in list(table.items()) if is_over(held)]:
                table.pop(prefix, None)

    def __len__(self) -> int:
        return sum(map(len, self._tables.values()))
