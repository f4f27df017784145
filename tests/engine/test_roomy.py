"""Calls from a frame with room never wait for the kernel."""

from threading import Thread

from tests.engine.pieces import waits
from troth.engine.roomy import roomy


def of_a_new_thread(call: object) -> int:
    given: list[int] = []
    thread = Thread(target=lambda: given.append(call()))  # type: ignore[operator]
    thread.start()
    thread.join()
    return given[0]


def test_python_asks_for_memory_at_each_call_across_an_edge() -> None:
    """Without this the helper would be needless: see what a later Python does."""
    assert of_a_new_thread(waits) > 500


def test_with_room_it_asks_once() -> None:
    assert of_a_new_thread(roomy(waits)) < 100


def test_what_is_given_and_raised_goes_through() -> None:
    assert roomy(divmod)(7, 2) == (3, 1)
    assert roomy(int)("11", base=2) == 3


def test_a_recursion_that_needs_more_gets_more() -> None:
    def depth(left: int) -> int:
        return 1 + depth(left - 1) if left else 0

    assert roomy(depth)(900) == 900
