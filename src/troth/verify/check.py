"""What must hold for a receipt to be valid, in order.  Formats: spec/receipt.md and spec/ledger.md."""

from collections.abc import Callable, Sequence

from troth.engine.ledger.consistency import read_consistency
from troth.engine.ledger.entry import commit
from troth.engine.ledger.errors import LedgerError
from troth.engine.ledger.leaf import Leaf
from troth.engine.ledger.note import Checkpoint, VerifierKey, open_checkpoint
from troth.engine.ledger.receipt import Receipt
from troth.engine.ledger.tree import is_consistent, leaf_hash, root_from_path


class Invalid(Exception):
    """The evidence contradicts itself or the signed head."""


class Undecided(Exception):
    """Nothing contradicts, but something needed for an answer is missing."""


def check(
    receipt: str, head: str, key: VerifierKey, older: str | None, proof: str | None
) -> tuple[Receipt, Leaf]:
    """Check a receipt against a signed head of the log.

    `receipt`, `head`, `older` and `proof` are the texts of files.  The receipt carries a signed head of its
    own; it must be `head`, or be tied to it by the consistency proof: from `older` to `head`, or, without
    `older`, between the receipt's head and `head`.  Raises Invalid or Undecided; what it returns is proven.
    """
    try:
        signed = open_checkpoint(head, key)
        found = Receipt.from_json(receipt)
        leaf = check_share(found)
        trusted = [signed]
        if older is not None:
            trusted.append(check_consistency([open_checkpoint(older, key), signed], proof))
        own = check_place(found, key)
        if older is None and proof is not None:
            trusted.append(check_consistency([own, signed], proof))
        check_known(own, trusted)
    except LedgerError as error:
        raise Invalid(str(error)) from None
    return found, leaf


def check_share(receipt: Receipt) -> Leaf:
    """Salt and detail give the commitment; the commitment's path gives the root that the leaf names."""
    leaf = Leaf.decode(receipt.leaf)
    commitment = commit(receipt.salt, receipt.detail.encode())
    if root_from_path(commitment, receipt.share_index, receipt.share_size, receipt.share_path) != leaf.root:
        raise Invalid("the entry does not commit to this detail")
    return leaf


def check_place(
    receipt: Receipt, key: VerifierKey, opening: Callable[[str, VerifierKey], Checkpoint] = open_checkpoint
) -> Checkpoint:
    """The leaf's path gives the root of the head inside the receipt, and the log has signed that head."""
    if receipt.place is None:
        raise Undecided("the entry has no place in the log yet; ask for the receipt again in a minute")
    index, size, path = receipt.place.index, receipt.place.size, receipt.place.path
    own = opening(receipt.place.checkpoint, key)
    if receipt.origin != own.origin or size != own.size:
        raise Invalid("the receipt and the checkpoint in it speak of different logs or sizes")
    if root_from_path(leaf_hash(receipt.leaf), index, size, path) != own.root:
        raise Invalid("the checkpoint does not commit to this entry")
    return own


def check_consistency(heads: Sequence[Checkpoint], proof: str | None) -> Checkpoint:
    """The smaller of two signed trees is the beginning of the larger; returns the first of them."""
    if proof is None:
        raise Undecided("two checkpoints without a consistency proof; give one with `--consistency`")
    old, new = sorted(heads, key=lambda head: head.size)
    size, path = read_consistency(proof)
    if size != old.size or not is_consistent(old.size, old.root, new.size, new.root, path):
        raise Invalid(f"the log of {new.size} entries is not shown to begin with the one of {old.size}")
    return heads[0]


def check_known(own: Checkpoint, trusted: Sequence[Checkpoint]) -> None:
    """The receipt's head is one of those trusted, and no two signed heads of one size differ."""
    for head in trusted:
        if head.size == own.size and head.root != own.root:
            raise Invalid(
                f"the log has signed two different trees of {own.size} entries; keep both files as proof"
            )
    if own not in trusted:
        raise Undecided(
            f"the receipt is for a log of {own.size} entries, the checkpoint for {trusted[0].size};"
            " give the proof that ties them with `--consistency`"
        )
