"""The verifier: what it says of true and false receipts, and that it needs nothing but Python."""

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.ledger.log import ORIGIN, POLICY, Log, built_for, grown_log, vectors
from troth.engine.ledger import (
    Kind,
    build_entry,
    canonical,
    ed25519,
    make_receipt,
    prove_consistency,
    write_consistency,
)
from troth.engine.ledger.sign import Signer
from troth.verify.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
Answer = Callable[..., tuple[int, str]]

LOG = grown_log(5)
BUILT, DETAILS = built_for("entry-5", "alice", "bob")
HEAD = LOG.add([BUILT.leaf])
RECEIPT = LOG.receipt(5, BUILT, BUILT.parts[0].salt, DETAILS[0], "entry-5").to_json()


@pytest.fixture(autouse=True, scope="module")
def _signatures_are_checked_once() -> Iterator[None]:
    # The check is a pure function of 3 ms; the tests that change every byte ask it the same thing 5,000 times.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ed25519, "verify", functools.cache(ed25519.verify))
        yield


@pytest.fixture
def answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Answer:
    """Write the texts to files, run the command, and give its exit code and output."""

    def run(
        receipt: str | bytes = RECEIPT, head: str | bytes = HEAD, vkey: str = LOG.vkey, **options: str
    ) -> tuple[int, str]:
        arguments = []
        for name, content in (("receipt", receipt), ("head", head), *options.items()):
            path = tmp_path / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            arguments += [f"--{name}", str(path)] if name in options else [str(path)]
        return main([*arguments, "--vkey", vkey]), capsys.readouterr().out

    return run


def later(log: Log, size: int) -> tuple[str, str]:
    """The log's head after growing to `size`, and the proof that it begins with the six entries of HEAD."""
    grown = Log()
    grown.leaves, grown.tiles, grown.root = list(log.leaves), dict(log.tiles), log.root
    head = grown.add([built_for(f"entry-{at}", "bob")[0].leaf for at in range(len(log.leaves), size)])
    return head, write_consistency(6, prove_consistency(6, size, grown.read))


def test_a_true_receipt_is_valid_and_said_in_words(answer: Answer) -> None:
    code, said = answer()
    assert code == 0
    assert said.startswith("valid: ")
    for words in ("data was used", "answering-enquiries", "2026-05-10, in the hour from 09:00 UTC", "alice"):
        assert words in said
    assert "bob" not in said


def test_the_receipt_of_the_vectors_is_valid(answer: Answer) -> None:
    case = vectors("ledger-receipt.json")
    assert answer(case["receipt"], case["head"], case["vkey"])[0] == 0


def test_a_size_that_the_path_would_bear_but_the_head_does_not_say_is_invalid(answer: Answer) -> None:
    case = vectors("ledger-receipt.json")
    other = case["receipt"].replace('"size": 3', '"size": 4')
    assert answer(other, case["head"], case["vkey"])[0] == 1


def test_every_changed_byte_of_a_receipt_makes_it_invalid(answer: Answer) -> None:
    for at in range(len(RECEIPT)):
        for flip in (0x01, 0x80):
            whole = RECEIPT.encode()
            changed = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
            code, said = answer(changed)
            assert (code, said[:9]) == (1, "invalid: "), at


def test_every_changed_byte_of_the_head_makes_it_invalid(answer: Answer) -> None:
    whole = HEAD.encode()
    for at in range(len(whole)):
        assert answer(head=whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])[0] == 1


def test_every_cut_receipt_and_head_is_invalid(answer: Answer) -> None:
    assert {answer(RECEIPT[:at])[0] for at in range(0, len(RECEIPT), 7)} == {1}
    assert {answer(head=HEAD[:at])[0] for at in range(0, len(HEAD), 3)} == {1}


def test_the_receipt_of_another_persons_part_does_not_fit_ones_own_detail(answer: Answer) -> None:
    mine, other = (LOG.receipt(5, BUILT, BUILT.parts[at].salt, DETAILS[at], "entry-5") for at in (0, 1))
    mixed = mine.to_json().replace("alice", "carol")
    assert "does not commit to this detail" in answer(mixed)[1]
    assert answer(other.to_json())[0] == 0


def test_another_key_is_refused(answer: Answer) -> None:
    stranger = Signer(ORIGIN, bytes(32))
    assert "no signature by" in answer(vkey=str(stranger.key))[1]
    code, said = answer(vkey="nonsense")
    assert (code, said[:28]) == (2, "undecided: the verifier key:")


def test_the_key_may_stand_in_a_file(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "vkey").write_text(LOG.vkey + "\n")
    assert answer(vkey=str(tmp_path / "vkey"))[0] == 0


def test_an_entry_without_place_is_undecided(answer: Answer) -> None:
    early = make_receipt(ORIGIN, "entry-5", BUILT.leaf, BUILT.commitments, BUILT.parts[0].salt, DETAILS[0])
    code, said = answer(early.to_json())
    assert code == 2
    assert "no place in the log yet" in said


def test_a_later_head_needs_the_proof_that_ties_it(answer: Answer) -> None:
    head, proof = later(LOG, 11)
    assert answer(head=head)[0] == 2
    assert answer(head=head, consistency=proof)[0] == 0
    assert answer(head=head, consistency=proof, older=HEAD)[0] == 0
    assert answer(head=head, consistency=proof.replace("old 6", "old 5"))[0] == 1
    assert answer(head=head, older=HEAD)[0] == 2


def test_every_changed_byte_of_a_consistency_proof_makes_it_invalid(answer: Answer) -> None:
    head, proof = later(LOG, 11)
    whole = proof.encode()
    for at in range(len(whole)):
        assert answer(head=head, consistency=whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])[0] == 1


def test_an_older_head_that_is_not_the_beginning_is_invalid(answer: Answer) -> None:
    head, proof = later(LOG, 11)
    other = grown_log(6).note()
    assert answer(head=head, consistency=proof, older=other)[0] == 1


def test_two_signed_heads_of_one_size_are_shown_as_a_fork(answer: Answer) -> None:
    code, said = answer(head=grown_log(6).note())
    assert code == 1
    assert "two different trees of 6 entries" in said


def test_the_receipt_of_another_log_is_invalid(answer: Answer) -> None:
    assert answer(RECEIPT.replace(f'"origin": "{ORIGIN}"', '"origin": "troth.example/log/2"'))[0] == 1


def test_a_terminal_is_not_steered_by_what_a_visitor_typed(answer: Answer) -> None:
    detail = canonical({"entry": "e", "evil\x1b[2J": "a\x07\u202eb", "deep": [1, {"x": None}]})
    built = build_entry(Kind.COLLECT, POLICY, "", "", 2**32 - 1, [detail])
    log = Log()
    log.add([built.leaf])
    code, said = answer(log.receipt(1, built, built.parts[0].salt, detail, "e").to_json(), log.note())
    assert code == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert "hour 4294967295 after 1970" in said


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[" * 200_000, b"{}", bytes(5 << 20), "\u2028".encode()]
)
def test_malformed_files_are_invalid_and_never_a_crash(answer: Answer, content: bytes) -> None:
    assert answer(content)[0] == 1
    assert answer(head=content)[0] == 1


def test_a_file_that_cannot_be_read_is_undecided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), str(tmp_path / "none"), "--vkey", LOG.vkey]) == 2
    assert "cannot read" in capsys.readouterr().out
    assert main(["nul\0", str(tmp_path / "none"), "--vkey", LOG.vkey]) == 2


BLOCKED = """
import runpy, sys
class Wall:
    def find_spec(self, name, *_):
        if name.split(".")[0] not in sys.stdlib_module_names | {"troth"}:
            raise ImportError(name + " is not of the standard library")
sys.meta_path.insert(0, Wall())
sys.argv = ["verify", *sys.argv[1:]]
runpy.run_module("troth.verify", run_name="__main__")
"""


def isolated(*arguments: str) -> subprocess.CompletedProcess[str]:
    # `-S` leaves out site-packages, `-s` the user's; PYTHONPATH is the one way in, hence no `-I` or `-E`.
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": os.environ.get("PATH", "")}
    command = [sys.executable, "-S", "-s", "-c", BLOCKED, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)


def test_it_runs_with_nothing_but_the_standard_library(tmp_path: Path) -> None:
    paths = [tmp_path / "receipt.json", tmp_path / "checkpoint"]
    paths[0].write_text(RECEIPT, encoding="utf-8")
    paths[1].write_text(HEAD, encoding="utf-8")
    done = isolated(*map(str, paths), "--vkey", LOG.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("valid: ")
    paths[0].write_text(RECEIPT.replace("alice", "carol"), encoding="utf-8")
    done = isolated(*map(str, paths), "--vkey", LOG.vkey)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_wall_of_the_test_above_holds() -> None:
    environment = {"PYTHONPATH": str(ROOT / "src")}
    program = BLOCKED.replace('runpy.run_module("troth.verify", run_name="__main__")', "import cryptography")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert "is not of the standard library" in done.stderr


def test_wrong_arguments_exit_2() -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
