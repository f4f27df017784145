"""What the law wants handed over, as one package: rows, files and receipts of exactly what a ground covers, encrypted.

The package is a zip under the age format (age-encryption.org/v1), for the public key of whoever it is for: any age
program opens it.  Each row and file is a disclosure with an entry of its own, durable before it goes into the package.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import pyrage

from troth.engine.seal import SealBroken

from ..errors import GateError
from ..files import stored
from ..files.models import StoredFile
from ..journal import integrating, log, writing
from ..journal.models import Share
from ..keystore import keys
from ..subjects import batches
from ..subjects.models import PersonalModel
from ..subjects.register import title, touching
from ..uses import Actor, using
from ..uses.outward import hand_over, hand_over_file
from .reading import safe_name

FORMAT = "troth-legal-package/1"
MOST_ROWS = 5_000
MOST_BYTES = 50_000_000
"""A package is made within one request; for more, the scope is cut into several records."""


class Covering(Protocol):
    """A ground that says which rows and which categories it covers."""

    def is_live(self) -> bool: ...

    def covers(self, row: Any) -> bool: ...

    def covers_category(self, category: str) -> bool: ...


class TooMuch(GateError):
    """More is covered than one package holds."""


@dataclass(frozen=True, slots=True)
class To:
    """Whom a package is for: the statement's recipient, the purpose, the country, and who of staff makes it."""

    recipient: str
    purpose: str
    country: str
    by: Actor


@dataclass(frozen=True, slots=True)
class Package:
    """The encrypted bytes, and how many rows and files they hold."""

    content: bytes
    items: int


def check_key(key: str) -> None:
    """Raises GateError for what is no public key of age (`age1…`)."""
    try:
        pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise GateError("this is no public key of age; one begins with `age1`") from None


def encrypted(content: bytes, key: str) -> bytes:
    """Some bytes under the age format, for the holder of one key alone.  Raises GateError."""
    check_key(key)
    made: bytes = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(key)])
    return made


def package(subjects: Collection[UUID], given: Any, to: To, key: str, about: dict[str, Any]) -> Package:
    """Hand over what a ground covers of some subjects.  Raises TooMuch before anything is on record; Refused.

    `about` goes into the manifest as it is.
    """
    check_key(key)
    rows = [(number, row) for number, subject in enumerate(subjects, 1) for row in _covered(subject, given)]
    if len(rows) > MOST_ROWS or sum(getattr(row, "size", 0) for _, row in rows) > MOST_BYTES:
        raise TooMuch("more is covered than one package holds; cut the scope into several records")
    made = _Zip()
    for number, row in rows:
        made.add(number, row, *_handed(row, given, to))
    content = made.finish(about)
    return Package(encrypted(content, key), len(rows))


def _covered(subject: UUID, given: Covering) -> Iterator[PersonalModel]:
    for model, field in touching(subject):
        if field == "owner":
            for row in batches.of(model, field, subject):
                if _fields(row, given) and given.covers(row):
                    yield row


def _fields(row: PersonalModel, given: Covering) -> list[str]:
    if isinstance(row, StoredFile):
        return [row.category] if given.covers_category(row.category) else []
    if row.sealed is None:
        return []
    return [name for name, seal in row.seals.items() if given.covers_category(seal.category)]


def _handed(row: PersonalModel, given: Any, to: To) -> tuple[str, bytes, str]:
    """(name, content, entry) of one row or file, disclosed."""
    if not isinstance(row, StoredFile):
        handed = hand_over(
            row, _fields(row, given), to=to.recipient, purpose=to.purpose, by=to.by, country=to.country, given=given
        )  # fmt: skip
        told = {"kind": title(type(row)), "id": str(row.pk), "values": handed.values}
        return "row.json", json.dumps(told, indent=1, ensure_ascii=False, default=str).encode(), handed.entry
    with using(to.purpose, by=to.by, given=given):
        name, content = safe_name(stored.describe(row).name), b"".join(stored.read(row))
    entry = hand_over_file(
        row, content, to=to.recipient, purpose=to.purpose, by=to.by, country=to.country, given=given
    )  # fmt: skip
    return name, content, entry


class _Zip:
    """The package as it grows: data, receipts, and the manifest that names each with its hash."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._zip = zipfile.ZipFile(self._bytes, "w", zipfile.ZIP_DEFLATED)
        self._items: list[dict[str, Any]] = []

    def add(self, subject: int, row: PersonalModel, name: str, content: bytes, entry: str) -> None:
        path = f"data/{len(self._items) + 1:05}-{name}"
        self._zip.writestr(path, content)
        item = {
            "path": path,
            "sha256": hashlib.sha256(content).hexdigest(),
            "subject": subject,
            "entry": entry,
        }
        self._items.append({**item, "owner": row.owner_id.hex})

    def finish(self, about: dict[str, Any]) -> bytes:
        integrating.integrate()
        for item in self._items:
            if text := receipt(item["entry"], item.pop("owner")):
                item["receipt"] = f"receipts/{item['entry']}.json"
                self._zip.writestr(item["receipt"], text)
        manifest = {"format": FORMAT, **about, "items": self._items}
        self._zip.writestr("manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
        self._zip.close()
        return self._bytes.getvalue()


def receipt(entry: str, subject: str) -> str:
    """The receipt of an entry, for whoever was handed what it tells of; blank when its subject is gone meanwhile."""
    share, cipher = Share.objects.get(entry=entry, subject=subject), keys.ciphers([subject]).get(subject)
    if cipher is not None:
        with suppress(SealBroken):
            salt, detail = writing.open_share(cipher, subject, entry, bytes(share.sealed))
            return log.receipt(entry, salt, detail).to_json()
    return ""
