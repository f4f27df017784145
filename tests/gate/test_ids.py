"""Ids are in the order in which they were made, also within one millisecond, and nobody guesses the next one."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import RFC_4122

from troth.gate.ids import uuid7


def test_ids_of_one_process_are_in_order_and_of_version_7() -> None:
    made = [uuid7() for _ in range(5_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {(one.version, one.variant) for one in made} == {(7, RFC_4122)}


def test_threads_never_make_the_same_one() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: uuid7(), range(5_000)))
    assert len(set(made)) == len(made)


def test_the_step_from_one_to_the_next_is_no_fixed_one() -> None:
    made = [uuid7().int for _ in range(1_000)]
    assert len({later - earlier for earlier, later in pairwise(made)}) > 990
