"""Every edit, drop, swap and truncation behind a published head is found, and named where it is."""

import functools
import random
from collections.abc import Callable, Iterator

import pytest

from tests.engine.ledger.log import ORIGIN, POLICY, SEED, Log, built_for, grown_log
from troth.engine.ledger import EMPTY, Finding, ed25519, extend, fsck, leaf_hash, origin_leaf
from troth.engine.ledger.sign import Signer

SMALL = grown_log(21)
LARGE = grown_log(700)
HEADS = {id(SMALL): SMALL.note(), id(LARGE): LARGE.note()}


@pytest.fixture(autouse=True, scope="module")
def _signatures_are_checked_once() -> Iterator[None]:
    # The check is a pure function of 3 ms; the exhaustive tests below ask it the same thing 40,000 times.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ed25519, "verify", functools.cache(ed25519.verify))
        yield


def found(log: Log, rows: list[bytes], tiles: dict[tuple[int, int], bytes] | None = None) -> list[Finding]:
    store = log.tiles if tiles is None else tiles
    return fsck(
        enumerate(rows),
        lambda level, index, width: store[level, index][: 32 * width],
        HEADS[id(log)],
        log.vkey,
    )


def resigned(leaves: list[bytes]) -> tuple[str, Callable[[int, int, int], bytes]]:
    """What an operator can do who holds the key: a whole new log of these leaves, well formed and signed."""
    grown = extend(0, lambda *_: b"", [leaf_hash(leaf) for leaf in leaves])
    tiles = {(tile.level, tile.index): tile.data for tile in grown.tiles}
    note = Signer(ORIGIN, SEED).sign(grown.size, grown.root)
    return note, lambda level, index, width: tiles[level, index][: 32 * width]


def flips(data: bytes, values: int = 255) -> Iterator[tuple[int, bytes]]:
    for at in range(len(data)):
        for change in range(1, values + 1):
            yield at, data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]


def test_a_sound_log_has_no_findings() -> None:
    for log in (SMALL, LARGE, grown_log(256), grown_log(257), Log()):
        assert fsck(log.rows(), log.read, log.note(), log.vkey, [log.note()]) == []


def test_every_single_byte_edit_of_every_leaf_is_found_and_named() -> None:
    for index, leaf in enumerate(SMALL.leaves):
        for _, changed in flips(leaf, 255 if index == 3 else 1):
            findings = found(SMALL, [*SMALL.leaves[:index], changed, *SMALL.leaves[index + 1 :]])
            assert findings, index
            assert {finding.index for finding in findings} == {index}


def test_every_single_byte_edit_of_every_tile_is_found() -> None:
    for place, data in SMALL.tiles.items():
        for at, changed in flips(data, 2):
            findings = found(SMALL, SMALL.leaves, {**SMALL.tiles, place: changed})
            assert findings[0].index == at // 32


def test_every_drop_and_every_swap_is_found_and_named() -> None:
    rows = list(enumerate(SMALL.leaves))
    for index in range(len(rows)):
        findings = fsck(rows[:index] + rows[index + 1 :], SMALL.read, SMALL.note(), SMALL.vkey)
        assert [finding.index for finding in findings] == [index]
        for other in range(index + 1, len(rows)):
            swapped = list(SMALL.leaves)
            swapped[index], swapped[other] = swapped[other], swapped[index]
            assert {finding.index for finding in found(SMALL, swapped)} >= {index, other}


def test_every_truncation_and_insertion_is_found() -> None:
    for size in range(len(SMALL.leaves)):
        assert found(SMALL, SMALL.leaves[:size])[0].index == size
        assert found(SMALL, [*SMALL.leaves[:size], SMALL.leaves[1], *SMALL.leaves[size:]])
    assert str(found(SMALL, [*SMALL.leaves, SMALL.leaves[1]])[0]).startswith("entry 21: stands outside")


def test_every_history_rewritten_and_signed_anew_is_found_by_a_published_head() -> None:
    published = [SMALL.note()]
    for size in range(1, 25):
        for index in range(1, min(size, 21)):
            leaves = (SMALL.leaves + LARGE.leaves[1:])[:size]
            leaves[index] = LARGE.leaves[index + 30]
            note, read = resigned(leaves)
            assert fsck(enumerate(leaves), read, note, SMALL.vkey) == []
            assert fsck(enumerate(leaves), read, note, SMALL.vkey, published)


def test_every_truncation_signed_anew_is_found_by_a_published_head() -> None:
    for size in range(1, 21):
        note, read = resigned(SMALL.leaves[:size])
        findings = fsck(enumerate(SMALL.leaves[:size]), read, note, SMALL.vkey, [SMALL.note()])
        assert [finding.index for finding in findings] == [size]
        assert "cut off" in findings[0].problem


def test_growth_behind_published_heads_of_every_size_is_no_finding() -> None:
    log, published = Log(), []
    for at in range(1, 300):
        published.append(log.add([built_for(f"entry-{at}", "alice")[0].leaf]))
    log.add(LARGE.leaves[300:])
    assert fsck(log.rows(), log.read, log.note(), log.vkey, published) == []


def test_sampled_edits_of_a_larger_log_are_all_found() -> None:
    chance = random.Random(7)
    for _ in range(150):
        index = chance.randrange(700)
        leaf = LARGE.leaves[index]
        at = chance.randrange(len(leaf))
        changed = leaf[:at] + bytes([leaf[at] ^ chance.randrange(1, 256)]) + leaf[at + 1 :]
        findings = found(LARGE, [*LARGE.leaves[:index], changed, *LARGE.leaves[index + 1 :]])
        assert {finding.index for finding in findings} == {index}


def test_an_edit_carried_up_through_the_tiles_is_still_found() -> None:
    leaves = [*LARGE.leaves[:300], LARGE.leaves[1], *LARGE.leaves[301:]]
    forged = resigned(leaves)[1]
    for levels in (1, 2):
        tiles = {
            place: forged(*place, len(data) // 32) if place[0] < levels else data
            for place, data in LARGE.tiles.items()
        }
        assert found(LARGE, leaves, tiles)


def test_every_edited_byte_of_an_upper_tile_is_found_and_named() -> None:
    log = Log()
    log.add([LARGE.leaves[1]] * (65_536 + 700))
    head = log.note()
    for place in ((1, 0), (1, 1), (2, 0)):
        whole = log.tiles[place]
        for at in random.Random(7).sample(range(len(whole)), 2):
            log.tiles[place] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
            first = (place[1] * 256 + at // 32) << 8 * place[0]
            assert first in {finding.index for finding in fsck(log.rows(), log.read, head, log.vkey)}
        log.tiles[place] = whole


def test_two_leaves_of_the_same_bad_form_are_both_named() -> None:
    note, read = resigned([SMALL.leaves[0], b"short", b"short"])
    findings = fsck(enumerate([SMALL.leaves[0], b"short", b"short"]), read, note, SMALL.vkey)
    assert [finding.index for finding in findings] == [1, 2]


def test_missing_and_short_tiles_are_named() -> None:
    for place in LARGE.tiles:
        rest = {key: data for key, data in LARGE.tiles.items() if key != place}
        assert "is missing" in str(found(LARGE, LARGE.leaves, rest)[0])
        short = {**rest, place: LARGE.tiles[place][:-1]}
        assert "bytes, not" in str(found(LARGE, LARGE.leaves, short)[0])


def test_a_run_of_missing_entries_is_one_finding() -> None:
    rows = [row for row in LARGE.rows() if not 200 <= row[0] < 600]
    findings = fsck(rows, LARGE.read, LARGE.note(), LARGE.vkey)
    assert [str(finding) for finding in findings] == ["entry 200: missing, up to and with entry 599"]


def test_entries_stored_twice_or_out_of_order_are_named() -> None:
    rows = list(LARGE.rows())
    twice = fsck([*rows[:300], rows[299], *rows[300:]], LARGE.read, LARGE.note(), LARGE.vkey)
    assert [finding.index for finding in twice] == [299]
    moved = fsck([*rows[:100], *rows[101:600], rows[100], *rows[600:]], LARGE.read, LARGE.note(), LARGE.vkey)
    assert {finding.index for finding in moved} == {100}


def test_findings_stop_at_the_limit() -> None:
    other = grown_log(700)
    assert len(fsck(other.rows(), LARGE.read, LARGE.note(), LARGE.vkey, most=5)) == 5


def test_a_head_that_is_not_the_logs_is_the_only_finding() -> None:
    key = Signer(ORIGIN, bytes(32)).key
    assert "the head" in str(fsck(SMALL.rows(), SMALL.read, SMALL.note(), str(key))[0])
    assert "the head" in str(fsck(SMALL.rows(), SMALL.read, "nonsense", SMALL.vkey)[0])
    strange = fsck(SMALL.rows(), SMALL.read, SMALL.note(), SMALL.vkey, ["nonsense"])
    assert "a published head" in str(strange[0])


def test_a_signed_leaf_of_bad_form_or_a_second_origin_is_named() -> None:
    origin = origin_leaf(POLICY, 1)
    use = SMALL.leaves[1]
    for leaves, index in (
        ([origin, use, origin], 2), ([use], 0), ([origin, b"short"], 1), ([origin, use, use[:-1]], 2),
        ([origin, use, use[:1] + b"\x63" + use[2:]], 2), ([origin, b""], 1),
    ):  # fmt: skip
        note, read = resigned(leaves)
        assert [finding.index for finding in fsck(enumerate(leaves), read, note, SMALL.vkey)] == [index]


def test_an_empty_signed_log_is_sound_and_holds_nothing() -> None:
    signer = Signer(ORIGIN, SEED)
    assert fsck([], SMALL.read, signer.sign(0, EMPTY), SMALL.vkey) == []
    assert fsck(SMALL.rows(), SMALL.read, signer.sign(0, EMPTY), SMALL.vkey)
    assert fsck([], SMALL.read, signer.sign(0, bytes(32)), SMALL.vkey)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 700])
def test_two_published_heads_of_one_size_that_differ_are_found(size: int) -> None:
    note, _ = resigned([*LARGE.leaves[: size - 1], built_for("an-entry", "charlie")[0].leaf])
    findings = fsck(LARGE.rows(), LARGE.read, LARGE.note(), LARGE.vkey, [note])
    assert [finding.problem.split(":")[0] for finding in findings] == ["rewritten"]
