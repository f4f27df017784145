"""How often calls wait for memory, at every depth of the stack."""

from resource import RUSAGE_THREAD, getrusage

CALLS, DEPTHS = 200, 400


def _leaf(a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> int:
    return a + b + c + d


def _at(depth: int) -> int:
    """The page faults of calls made at some depth."""
    if depth:
        return _at(depth - 1)
    before = getrusage(RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        _leaf()
    return getrusage(RUSAGE_THREAD).ru_minflt - before


def waits() -> int:
    """The page faults of two hundred calls at each of four hundred depths: each is a wait for the kernel."""
    return sum(map(_at, range(DEPTHS)))
