"""The type of a file, told from its first bytes and never from its name: what is not known for sure is just bytes."""

import csv
import re
from io import StringIO

BYTES, TEXT, CSV = "application/octet-stream", "text/plain", "text/csv"
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What a browser is asked to draw: pixels only.  SVG is a document that can run, so it is none of them."""

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"), (b"%PDF-", "application/pdf"), (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"), (b"\x1f\x8b", "application/gzip"),
)  # fmt: skip
_NAMES = {
    "image/png": "PNG image", "image/jpeg": "JPEG image", "image/gif": "GIF image", "image/webp": "WebP image",
    "application/pdf": "PDF", "application/zip": "ZIP archive", "application/gzip": "gzip archive",
    TEXT: "Text", CSV: "Table (CSV)", BYTES: "File",
}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def kind_of(first: bytes) -> str:
    """The media type of a file with this beginning."""
    for beginning, kind in _BEGINNINGS:
        if first.startswith(beginning):
            return kind
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    text = text_of(first)
    if not first or text is None:
        return BYTES
    return CSV if _is_table(text) else TEXT


def label(kind: str) -> str:
    """What people call it."""
    return _NAMES.get(kind, _NAMES[BYTES])


def text_of(first: bytes) -> str | None:
    """The beginning of a file as text, a cut character at its end left out; None when it is none."""
    marked = next((name for mark, name in _ENCODINGS if first.startswith(mark)), None)
    if marked is None and b"\0" in first:
        return None
    encodings = (marked,) if marked else ("utf-8", "cp1252")
    for encoding in encodings:
        for cut in range(4):
            try:
                text = first[: len(first) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return text if _is_readable(text) else None
    return None


def _is_readable(text: str) -> bool:
    # Control characters, but for those that part lines and cells; a few of them make no text unreadable.
    return 100 * len(_CONTROLS.findall(text)) <= len(text)


def _is_table(text: str) -> bool:
    lines = text.splitlines()[:20]
    if len(lines) < 2 or lines[0].lstrip()[:1] in ("<", "{", "["):
        return False
    return any(
        (width := lines[0].count(sign))
        and all(line.count(sign) == width for line in lines[:-1] if '"' not in line)
        for sign in ",;\t"
    )


def table_of(text: str, rows: int, columns: int) -> tuple[list[list[str]], bool]:
    """The first rows and columns of a CSV file's beginning, and whether that is not all of it."""
    lines = text.splitlines()
    sign = max(",;\t", key=lines[0].count) if lines else ","
    found: list[list[str]] = []
    is_cut = False
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=sign):
            if len(found) == rows:
                return found, True
            is_cut = is_cut or len(row) > columns
            found.append(row[:columns])
    except csv.Error:
        return found, True
    return found, is_cut
