"""A verifier for receipts and for archives of one's own data, for people who do not trust the operator.

It needs Python and nothing else: neither a network, nor a database, nor a package.  `check` holds the
reasoning for a receipt, `bundle` for an archive, `words` says a result in English, `__main__` is the command:

    python -m troth.verify RECEIPT.json CHECKPOINT --vkey VKEY
    python -m troth.verify ARCHIVE.zip [--vkey VKEY]

The arithmetic under it is short too: `troth.engine.ledger.tree` (Merkle paths), `note` (signed heads),
`ed25519` (the signature).  INVARIANT: none of them imports anything outside the standard library.
"""
