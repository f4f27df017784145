"""What can be wrong with ledger data.  Messages name places and sizes, never a detail's content."""


class LedgerError(ValueError):
    """Ledger data that is malformed or does not fit together."""


class LeafError(LedgerError):
    """Bytes that are no leaf, or facts that fit in none."""


class DetailError(LedgerError):
    """A detail that has no canonical form."""


class ProofError(LedgerError):
    """A proof that cannot belong to the index and tree size it is given for."""


class TileError(LedgerError):
    """A tile or entry bundle that is missing, of the wrong length, or not of the tree it should belong to."""


class NoteError(LedgerError):
    """A signed note, checkpoint or verifier key that is malformed or not signed by the key."""


class ReceiptError(LedgerError):
    """A receipt that is not in the one form a receipt has."""
