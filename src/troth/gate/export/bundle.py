"""What an export holds, in the order in which it is written.  Specification: spec/export-bundle.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..files import stored
from ..journal import log
from ..journal.models import Entry
from ..published import statement
from ..uses.history import receipt
from .page import receipt_path, write_page
from .reading import ENTRY_WEIGHT, File, Reading
from .tables import encode, write_json, write_tables
from .zipped import Sink, Zipped

_MUCH = 1 << 30

SCHEMA = Path(__file__).with_name("schema.json")


def assemble(sink: Sink, reading: Reading) -> None:
    """Write the archive."""
    moment, policy = timezone.now(), statement.current()
    facts: dict[str, Any] = {
        "company": settings.TROTH_DEPLOYMENT, "made_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "statement": policy.version, "categories": reading.chosen,
    }  # fmt: skip
    zipped = Zipped(sink, moment, is_large=reading.weight() > _MUCH)
    known = write_json(zipped, reading, facts)
    with zipped.member("schema.json") as out:
        out.write(SCHEMA.read_bytes())
    write_tables(zipped, reading)
    lists = list[str]()
    reading.lists(lambda name, rows: lists.append(_write_list(zipped, name, rows)))
    reading.files(lambda file: _write_file(zipped, file, reading))
    reading.entries(lambda part, entries: _write_receipts(zipped, part, entries, reading))
    _write_head(zipped)
    write_page(zipped, reading, facts, known, lists)
    signer = log.signer(log.origin())
    zipped.close({**facts, "log": log.origin()}, signer.sign_manifest)


def _write_list(zipped: Zipped, name: str, rows: list[dict[str, Any]]) -> str:
    with zipped.member(f"{name}.json") as out:
        out.text("[\n" + ",\n".join(map(encode, rows)) + "\n]\n")
    return f"{name}.json"


def _write_file(zipped: Zipped, file: File, reading: Reading) -> None:
    if not file.path:
        return
    with zipped.member(file.path, size=file.row.size) as out:
        for chunk in stored.read(file.row):
            out.write(chunk)
            reading.step(len(chunk))


def _write_receipts(zipped: Zipped, part: int, entries: list[Entry], reading: Reading) -> None:
    for entry in entries:
        with zipped.member(receipt_path(entry.id, part)) as out:
            out.text(receipt(entry.id).to_json())
        reading.step(ENTRY_WEIGHT)


def _write_head(zipped: Zipped) -> None:
    with zipped.member("vkey") as out:
        out.text(log.vkey() + "\n")
    head = log.head()
    if head is not None:
        with zipped.member("checkpoint") as out:
            out.text(head.note)
