"""`troth ledger …`: verify, checkpoint, proof."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add(commands: Any) -> None:
    """Add this family to the command line."""
    family = commands.add_parser("ledger", help="the log of uses").add_subparsers(dest="what", required=True)
    verify = family.add_parser("verify", help="recompute everything behind the signed heads of all logs")
    verify.add_argument(
        "--published", type=Path, action="append", default=[], help="a head that was seen earlier"
    )
    verify.set_defaults(run=run_verify)
    family.add_parser("checkpoint", help="print the signed head").set_defaults(run=run_checkpoint)
    proof = family.add_parser("proof", help="print the inclusion proof of an entry by its index")
    proof.add_argument("index", type=int)
    proof.set_defaults(run=run_proof)


def _log() -> Any:
    from ..cli import set_up

    set_up()
    from troth.gate.journal import log

    return log


def run_verify(options: argparse.Namespace) -> int:
    """Print what is wrong with the logs; 1 if anything is."""
    log = _log()
    findings = log.verify(tuple(path.read_text(encoding="utf-8") for path in options.published))
    for finding in findings:
        print(finding, file=sys.stderr)
    heads = [head for number in log.numbers() if (head := log.head(number))]
    entries = sum(head.size for head in heads)
    if not findings:
        print(
            f"{len(heads)} logs hold: {entries} entries behind their heads"
            if len(heads) > 1
            else f"the log holds: {entries} entries behind its head"
        )
    return int(bool(findings))


def run_checkpoint(options: argparse.Namespace) -> int:
    """Print the signed head."""
    head = _log().head()
    if head is None:
        print("troth: the log has no head yet; run `troth worker`", file=sys.stderr)
        return 1
    print(head.note, end="")
    return 0


def run_proof(options: argparse.Namespace) -> int:
    """Print index, size and path, one hash a line in base64."""
    import base64

    from troth.engine.ledger import ProofError, prove_inclusion

    log = _log()
    head = log.head()
    try:
        path = prove_inclusion(options.index, head.size if head else 0, log.reader(log.current()))
    except ProofError as error:
        print(f"troth: {error}", file=sys.stderr)
        return 1
    print(
        f"index {options.index}\nsize {head.size}",
        *(base64.b64encode(node).decode() for node in path),
        sep="\n",
    )
    return 0
