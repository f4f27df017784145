"""The ledger: leaves, receipts, the Merkle tree, checkpoints and their checks, as pure functions.

Formats are fixed in spec/ledger.md and spec/receipt.md.  What is imported here needs the standard library
only; signing stands apart in `troth.engine.ledger.sign`.
"""

from troth.engine.ledger.consistency import read_consistency, write_consistency
from troth.engine.ledger.entry import Built, Json, Part, build_entry, canonical, commit, find_part
from troth.engine.ledger.errors import (
    DetailError,
    LeafError,
    LedgerError,
    NoteError,
    ProofError,
    ReceiptError,
    TileError,
)
from troth.engine.ledger.fsck import Finding, fsck
from troth.engine.ledger.leaf import Kind, Leaf, origin_leaf
from troth.engine.ledger.note import Checkpoint, VerifierKey, open_checkpoint, verify_note
from troth.engine.ledger.proof import path_in, prove_consistency, prove_inclusion, root_of
from troth.engine.ledger.receipt import Place, Receipt, make_receipt
from troth.engine.ledger.tiles import (
    Extension,
    Reader,
    Tile,
    bundle_path,
    decode_bundle,
    encode_bundle,
    extend,
    parse_path,
    tile_path,
)
from troth.engine.ledger.tree import EMPTY, fold, is_consistent, is_included, leaf_hash, root_from_path

__all__ = [
    "EMPTY", "Built", "Checkpoint", "DetailError", "Extension", "Finding", "Json", "Kind", "Leaf",
    "LeafError", "LedgerError", "NoteError", "Part", "Place", "ProofError", "Reader", "Receipt",
    "ReceiptError", "Tile", "TileError", "VerifierKey", "build_entry", "bundle_path", "canonical",
    "commit", "decode_bundle", "encode_bundle", "extend", "find_part", "fold", "fsck", "is_consistent",
    "is_included", "leaf_hash", "make_receipt", "open_checkpoint", "origin_leaf", "parse_path",
    "path_in", "prove_consistency", "prove_inclusion", "read_consistency", "root_from_path", "root_of",
    "tile_path", "verify_note", "write_consistency",
]  # fmt: skip
