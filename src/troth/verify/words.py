"""A checked receipt in words."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from troth.engine.ledger.leaf import Kind, Leaf
from troth.engine.ledger.receipt import Receipt

_KINDS = {
    Kind.ORIGIN: "the log begins",
    Kind.COLLECT: "data was collected",
    Kind.USE: "data was used",
    Kind.DISCLOSE: "data was disclosed to an outside recipient",
    Kind.REFUSE: "a use of data was refused",
    Kind.RESTRICTED: "a restricted act: legal record, incident or erasure",
    Kind.STATEMENT: "a version of the statement was published",
    Kind.BATCH: "a batch of navigation data was recorded",
}


def describe(receipt: Receipt, leaf: Leaf) -> Iterator[str]:
    """Lines that say what the log holds for anybody to see, then what only this receipt tells."""
    yield f"  entry      {plain(receipt.entry)}"
    if receipt.place is not None:
        yield f"  index      {receipt.place.index}, in a log of {receipt.place.size}"
    yield f"  log        {plain(receipt.origin)}"
    yield f"  what       {_KINDS[leaf.kind]}"
    yield f"  when       {_hour(leaf.hour)}"
    yield f"  purpose    {leaf.purpose or 'none'}"
    yield f"  recipient  {leaf.recipient or 'none'}"
    yield f"  policy     statement with SHA-256 {leaf.policy.hex()}"
    yield "in detail, as only this receipt tells:"
    for name, value in json.loads(receipt.detail).items():
        yield f"  {plain(name):<10} {plain(_value(value))}"


def _hour(hour: int) -> str:
    try:
        start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
    except OverflowError:
        return f"hour {hour} after 1970"
    return f"{start:%Y-%m-%d}, in the hour from {start:%H:%M} UTC"


def _value(value: object) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain(text: str) -> str:
    """A text that cannot steer a terminal."""
    # A detail may hold what a visitor typed: nothing in it may steer the reader's terminal.
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
