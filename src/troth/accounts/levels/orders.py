"""How values of a setting are compared: which is the stricter of two, and what somebody may choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

Value = Any
"""What JSON holds: a word, a number, a list of networks, or None for networks that were never named."""
MOST_NETWORKS = 50


class Wrong(ValueError):
    """A value that cannot be chosen; the text says why, to whoever chose it."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words with what they mean, the laxest first."""

    meanings: dict[str, str]

    def strictest(self, one: Value, other: Value) -> Value:
        order = list(self.meanings)
        return max(one, other, key=order.index)

    def read(self, text: str) -> Value:
        """Raises Wrong."""
        if text not in self.meanings:
            raise Wrong("This is none of the choices.")
        return text

    def shown(self, value: Value) -> str:
        return self.meanings[value]


@dataclass(frozen=True, slots=True)
class Fewer:
    """A number of something: fewer are stricter."""

    one: str
    many: str
    least: int
    most: int

    def strictest(self, one: Value, other: Value) -> Value:
        return min(one, other)

    def read(self, text: str) -> Value:
        """Raises Wrong."""
        if not (text.isascii() and text.isdigit() and self.least <= int(text[:9]) <= self.most):
            raise Wrong(f"Give a number from {self.least} to {self.most}.")
        return int(text)

    def shown(self, value: Value) -> str:
        return f"{value} {self.one if value == 1 else self.many}"


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks from which somebody is let in: of two lists what is in both.  None is anywhere, an empty list nowhere."""

    def strictest(self, one: Value, other: Value) -> Value:
        if one is None or other is None:
            return other if one is None else one
        both = {_narrower(a, b) for a in map(ip_network, one) for b in map(ip_network, other)}
        return [str(each) for each in sorted(both - {None}, key=str)]

    def read(self, text: str) -> Value:
        """One network a line, or an address; nothing for anywhere.  Raises Wrong."""
        lines = [line.strip() for line in text.replace(",", "\n").splitlines() if line.strip()]
        if len(lines) > MOST_NETWORKS:
            raise Wrong(f"Name {MOST_NETWORKS} networks at most.")
        return sorted({_network(line) for line in lines}) or None

    def shown(self, value: Value) -> str:
        return "from anywhere" if value is None else ", ".join(value) or "from nowhere"


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError:
        raise Wrong(
            "Each line is an address such as 203.0.113.7, or a network such as 203.0.113.0/24 or 2001:db8::/32."
        ) from None


Net = IPv4Network | IPv6Network


def _narrower(one: Net, other: Net) -> Net | None:
    """What two networks have in common: one lies in the other, or they have nothing."""
    if one.version != other.version or not one.overlaps(other):
        return None
    return max(one, other, key=lambda each: each.prefixlen)


def is_in(address: str, networks: Sequence[str] | None) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    if networks is None:
        return True
    try:
        at = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(at, "ipv4_mapped", None)
    return any((mapped or at) in ip_network(each) for each in networks)
