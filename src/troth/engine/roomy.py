"""Room for a thread's calls, so that Python does not ask the kernel for memory between them.

CPython keeps the frames of a thread's calls in pieces of 16 KiB, and gives a piece back when the first frame in it ends.
Whatever is called again and again from just before the end of a piece then maps 16 KiB and gives them back at each call:
five hundred times in one page of ours, half of the time that it took. A frame that asks for more than a piece gets one of
its own, as large as the next power of two, and every call from it has the rest.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SLOTS = 70_000
"""What one frame asks for, in words of eight bytes, and never touches: the piece for it is 1 MiB, and half of it free."""


def roomy(call: Callable[P, T]) -> Callable[P, T]:
    """`call`, from a frame after which there is room for a thousand others."""

    def with_room(*args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    with_room.__code__ = with_room.__code__.replace(co_stacksize=SLOTS)
    return wraps(call)(with_room)
