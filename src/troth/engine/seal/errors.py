"""What can go wrong with a sealed value or a key, each with a name of its own. Source: spec/sealed-value.md.

INVARIANT: no class here derives from AttributeError, TypeError, KeyError, ValueError or LookupError. Template
engines and `getattr` defaults swallow those, and a refusal that is swallowed looks like an empty value.
"""


class SealError(Exception):
    """Base of everything the seal raises. Its text never holds a value, a key or an id."""


class SealBroken(SealError):
    """The bytes do not open under this key and context: altered, moved, cut, or never sealed at all."""


class Erased(SealError):
    """The subject was erased: the key is gone and a tombstone says so. This is the wanted end."""


class KeyMissing(SealError):
    """The subject's key is gone and no tombstone says why. This is an alarm."""


class NotSealable(SealError):
    """The value has no form in an envelope: not a JSON scalar, or text that UTF-8 cannot carry."""


class NotNormal(SealError):
    """The text is no e-mail address or telephone number, so it has no index form."""


class KeyStoreError(SealError):
    """A key file or key folder is missing, altered, foreign or open to others; one line, with the mend."""


class JournalBroken(SealError):
    """The tombstone journal is missing, altered or belongs to other keys."""


class EscrowBroken(SealError):
    """The escrow does not open: another recovery key, or altered bytes."""
