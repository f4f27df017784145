"""Honeytokens: pages and files that are linked nowhere, a key that opens nothing, words that must never leave, and
subjects who are nobody.

Key and words are worked out from the install's own key: nothing of them is stored, and another install has others.
"""

import base64

from django.conf import settings

from troth.gate import watch
from troth.gate.keystore.boxes import keyed
from troth.gate.watch.rules import table

PAGE = watch.reports("canary-page", "troth.apps.protection.middleware:Guard")
KEY = watch.reports("canary-key", "troth.apps.protection.middleware:Guard")
LEFT = watch.reports("canary-left", "troth.apps.protection.middleware:Guard")

PATHS = frozenset(table()["canaries"]["paths"])


def key() -> str:
    """A key of the API that no door opens to, of the form that real ones have."""
    text = base64.b32encode(keyed(settings.TROTH_KEYS, "canary", b"key") * 2).decode("ascii").lower()
    return f"troth_{text[:26]}_{text[26:78]}"


def words() -> str:
    """A word to put where it must never be read from: into a record, a file, a name."""
    return (
        "cnry" + base64.b32encode(keyed(settings.TROTH_KEYS, "canary", b"words")).decode("ascii").lower()[:28]
    )


def apart(text: str) -> str:
    """As it is shown to those who plant it: in pieces, so that the page that shows it does not hold it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
