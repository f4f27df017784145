"""`python -m troth.verify RECEIPT.json CHECKPOINT --vkey VKEY`, or `... ARCHIVE.zip`.

Exit code 0 valid, 1 invalid, 2 undecided.
"""

import argparse
import sys
from pathlib import Path

from troth.engine.ledger.errors import NoteError
from troth.engine.ledger.note import VerifierKey
from troth.verify.bundle import check_bundle, describe_bundle
from troth.verify.check import Invalid, Undecided, check
from troth.verify.words import describe

_LARGEST = 4 << 20


def main(arguments: list[str] | None = None) -> int:
    """Run the command; prints one line with the answer, then the entry in words."""
    for stream in (sys.stdout, sys.stderr):
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.checkpoint is not None and given.vkey is None:
        parser.error("to check a receipt, give the log's verifier key with --vkey")
    try:
        lines = _archive(given) if given.checkpoint is None else _receipt(given)
    except Invalid as reason:
        print(f"invalid: {reason}")
        return 1
    except Undecided as reason:
        print(f"undecided: {reason}")
        return 2
    print("\n".join(lines))
    return 0


def _receipt(given: argparse.Namespace) -> list[str]:
    receipt, leaf = check(
        _read(given.receipt), _read(given.checkpoint), _key(given.vkey),
        given.older and _read(given.older), given.consistency and _read(given.consistency),
    )  # fmt: skip
    return ["valid: the log has committed to this entry and to this detail of it", *describe(receipt, leaf)]


def _archive(given: argparse.Namespace) -> list[str]:
    found = check_bundle(given.receipt, _key(given.vkey) if given.vkey is not None else None)
    return ["valid: the archive is whole, and is the one that was signed", *describe_bundle(found)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m troth.verify",
        description="Check a receipt against a log's signed checkpoint, or an archive of one's data; offline.",
    )
    parser.add_argument(
        "receipt", metavar="RECEIPT.json|ARCHIVE.zip", help="the receipt or the archive, as downloaded"
    )
    parser.add_argument(
        "checkpoint",
        metavar="CHECKPOINT",
        nargs="?",
        help="for a receipt: a checkpoint of the log that you trust",
    )
    parser.add_argument(
        "--vkey", help="the log's verifier key, or a file that holds it; without it an archive's own is used"
    )
    parser.add_argument(
        "--older", metavar="FILE", help="an older checkpoint, to be proven the beginning of CHECKPOINT"
    )
    parser.add_argument(
        "--consistency", metavar="FILE", help="the consistency proof between the two checkpoints"
    )
    return parser


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise Undecided(
            f"cannot read `{path}`: {getattr(error, 'strerror', None) or 'no such name'}"
        ) from None
    if len(data) > _LARGEST:
        raise Invalid(f"`{path}` is larger than {_LARGEST} bytes; no receipt or checkpoint is")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"`{path}` is not UTF-8 text") from None


def _key(given: str) -> VerifierKey:
    text = _read(given).removesuffix("\n") if _is_file(given) else given
    try:
        return VerifierKey.parse(text)
    except NoteError as error:
        raise Undecided(f"the verifier key: {error}") from None


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):
        return False  # too long or too odd for a name: then it is the key itself


if __name__ == "__main__":
    sys.exit(main())
