"""Files as rows: CSV and JSON Lines, read a line at a time, with what is wrong with a row beside it.

A file is read by the letter: what cannot be read is said of the row it stands in, and nothing is guessed away.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from troth.accounts.people.companies import NotNow

CSV, JSON_LINES = "csv", "jsonl"
MOST_COLUMNS = 80
LONGEST_LINE = 1 << 20
"""Characters of one line; a longer one is no text of rows."""
LOOKED_AHEAD = 200
"""Rows by which columns, separator and kinds are guessed."""
RESCUED = 20
"""So many rows with a stray quotation mark end with their own line; behind them the mark is taken at its word."""

ENCODINGS = {
    "utf-8": "UTF-8", "cp1252": "Windows-1252 (Western Europe)", "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
}  # fmt: skip
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
FORMS = {CSV: "CSV: a table as text", JSON_LINES: "JSON Lines: one object a line"}


class Unreadable(NotNow):
    """A file that cannot be read as rows; the message says what to do."""


class Row(NamedTuple):
    """One row: its number as a spreadsheet counts, its cells, and why it cannot be read (blank when it can)."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass
class Spot:
    """Where a reader of a CSV file stands: the line on which the newest row begins, as an editor counts."""

    line: int = 1


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read."""

    form: str = CSV
    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True


def guess(sample: bytes, *, is_whole: bool) -> Format:
    """How a file that begins so is most likely written.  Raises Unreadable for no text, or nothing at all."""
    encoding = _guess_encoding(sample, is_whole=is_whole)
    text = sample.decode(encoding, "replace").lstrip("\ufeff")
    if not text.strip():
        raise Unreadable("This file is empty.")
    if _is_binary(text):
        raise Unreadable(
            "This is no text file. Save it as CSV (in a spreadsheet: “Save as”, then “CSV UTF-8”) and send that."
        )
    first = text.lstrip().split("\n", 1)[0].strip()
    if first.startswith("{") and isinstance(_object(first), dict):
        return Format(JSON_LINES, encoding)
    return Format(CSV, encoding, _guess_delimiter(text))


def _guess_encoding(sample: bytes, *, is_whole: bool) -> str:
    """By its mark; else by where its zero bytes are; else UTF-8 if most of it is that; else Windows-1252."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if sample.startswith(mark):
            return name
    zeros = sample.count(0)
    if zeros > len(sample) // 4:
        odd = sample[1::2].count(0)
        return "utf-16-le" if odd > zeros // 2 else "utf-16-be"
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd") - (0 if is_whole else 1)  # the last letter of a part may be cut
    good = sum(1 for letter in text if letter > "\x7f" and letter != "\ufffd")
    return "utf-8" if broken <= 0 or good >= broken else "cp1252"


def _is_binary(text: str) -> bool:
    """Whether more than a few characters are ones that no text has."""
    start = text[:65_536]
    odd = sum(1 for letter in start if (letter < " " and letter not in "\t\n\r\f") or letter == "\ufffd")
    return odd > 8 and odd > len(start) // 50


def _guess_delimiter(text: str) -> str:
    """The one that cuts most lines into the same number of cells, and into most of them."""
    lines = text[:65_536].splitlines()[:40]
    best, found = (0.0, 0), ","
    for delimiter in DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        usual = max(set(counts), key=counts.count, default=0)
        agreeing = counts.count(usual) / max(1, len(counts))
        if usual > 1 and (agreeing, usual) > best:
            best, found = (agreeing, usual), delimiter
    return found


def columns_of(chunks: Iterable[bytes], known: Format, most: int = MOST_COLUMNS) -> list[str]:
    """What the columns are called, each differently.  Raises Unreadable when there are too many, or none."""
    if known.form == JSON_LINES:
        names = _keys(chunks, known)
    else:
        first = next(_csv_rows(chunks, known, Spot()), Row(1, []))
        names = [cell.strip() for cell in first.cells] if known.has_header else [""] * len(first.cells)
    if len(names) > most:
        raise Unreadable(
            f"This file has {len(names):,} columns, and {most:,} can be read at most: take out those not needed."
        )
    if not names:
        raise Unreadable("There is no row in this file that can be read. Look at how it is written.")
    return _told_apart(names)


def _keys(chunks: Iterable[bytes], known: Format) -> list[str]:
    seen: dict[str, None] = {}
    for line in islice(_lines(chunks, known), LOOKED_AHEAD):
        found = _object(line)
        seen |= dict.fromkeys(found if isinstance(found, dict) else ())
    return list(seen)


def _told_apart(names: list[str]) -> list[str]:
    """Names without doubles: a second “Name” becomes “Name (2)”."""
    taken, found = set[str](), []
    for place, name in enumerate(names, 1):
        base = name.replace("\x00", "")[:100] or f"Column {place}"
        free, number = base, 2
        while free.casefold() in taken:
            free, number = f"{base} ({number})", number + 1
        taken.add(free.casefold())
        found.append(free)
    return found


def rows(
    chunks: Iterable[bytes], known: Format, columns: list[str], spot: Spot | None = None
) -> Iterator[Row]:
    """The rows below the header, one by one; empty ones are passed over.  Raises Unreadable on the way."""
    if known.form == JSON_LINES:
        yield from _json_rows(chunks, known, columns)
        return
    found, width = _csv_rows(chunks, known, spot or Spot()), len(columns)
    if known.has_header:
        next(found, None)
    for row in found:
        cells = row.cells
        if not row.fault and len(cells) > width and any(cells[width:]):
            yield row._replace(fault=f"This row has {len(cells)} values; there are {width} columns.")
        elif not row.fault and not _is_clean(cells, known):
            yield row._replace(fault=f"This row holds bytes that are no {ENCODINGS[known.encoding]}.")
        else:
            yield row


def _is_clean(cells: list[str], known: Format) -> bool:
    """Whether every byte of the row could be read."""
    text = "".join(cells)
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\ufffd" not in text or not known.encoding.startswith("utf-16")


class _Bytes(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._left = iter(chunks), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _text(chunks: Iterable[bytes], known: Format) -> io.TextIOWrapper:
    codec = "utf-8-sig" if known.encoding == "utf-8" else known.encoding
    errors = "replace" if known.encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(io.BufferedReader(_Bytes(chunks), 65_536), codec, errors, newline="")


class _Lines:
    """Lines one by one; those read since `taken` was emptied, and lines given back to be read again."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._read, self.taken, self._again = text.readline, list[str](), list[str]()
        self.count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._read(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) >= LONGEST_LINE and line[-1] not in "\r\n":
            raise Unreadable(
                "A line of this file is longer than a million characters: it is no text of rows."
            )
        self.taken.append(line)
        self.count += 1
        return line

    def give_back(self) -> None:
        """All but the first of the lines taken."""
        self._again.extend(reversed(self.taken[1:]))
        self.count -= len(self.taken) - 1


def _csv_rows(chunks: Iterable[bytes], known: Format, spot: Spot) -> Iterator[Row]:
    """Every row, the first one too.  One with a stray quotation mark ends with its own line, and spoils no other."""
    lines = _Lines(_text(chunks, known))
    reader = csv.reader(lines, delimiter=known.delimiter, strict=True)
    number = rescued = 0
    while True:
        lines.taken.clear()
        number, spot.line = number + 1, lines.count + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            rescued += 1
            if rescued <= RESCUED:
                lines.give_back()
            first = lines.taken[0].rstrip("\r\n") if lines.taken else ""
            yield Row(number, [first], "A quotation mark in this row is not closed, or closed too early.")
            continue
        if cells is None:
            return
        if number == 1 and cells:
            cells[0] = cells[0].removeprefix("\ufeff")
        if any(cells):
            yield Row(number, cells)


def _lines(chunks: Iterable[bytes], known: Format) -> Iterator[str]:
    for line in _Lines(_text(chunks, known)):
        yield line.removeprefix("\ufeff")


def _object(line: str) -> Any:
    try:
        return json.loads(line, parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(_: str) -> None:
    raise ValueError


def _json_rows(chunks: Iterable[bytes], known: Format, columns: list[str]) -> Iterator[Row]:
    known_keys = set(columns)
    for number, line in enumerate(_lines(chunks, known), 1):
        if not line.strip():
            continue
        found = _object(line)
        raw = [line.rstrip("\r\n")]
        if not isinstance(found, dict):
            yield Row(number, raw, "This line is no JSON object.")
        elif not found.keys() <= known_keys:
            yield Row(number, raw, "This line has a name that no line before the two-hundredth has.")
        elif any(isinstance(value, dict | list) for value in found.values()):
            yield Row(number, raw, "This line holds a list or an object; only single values can be imported.")
        else:
            cells = [_plain(found.get(name)) for name in columns]
            clean = _is_clean(cells, known)
            yield Row(number, cells, "" if clean else "This line holds characters that cannot be kept.")


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
