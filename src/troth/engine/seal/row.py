"""One envelope for each row: all sealed fields of a row as one canonical JSON object in one sealed value.

Source: spec/sealed-value.md, section "Row envelope". An absent label, null, "" and 0 are all different.
"""

import json
from collections.abc import Iterable, Mapping
from math import isfinite

from troth.engine.seal.errors import NotSealable, SealBroken
from troth.engine.seal.value import Cipher

Scalar = str | int | float | bool | None

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode
_decode = json.JSONDecoder().raw_decode


def seal_row(cipher: Cipher, fields: Mapping[str, Scalar], aad: bytes) -> bytes:
    """Seal {field label: value} for the place `aad`. Raises NotSealable, which names the label only."""
    for label, value in fields.items():
        if not isinstance(value, Scalar) or (isinstance(value, float) and not isfinite(value)):
            raise NotSealable(f"field `{label}` holds no text, number, truth value or null")
        if not (_is_utf8(label) and (not isinstance(value, str) or _is_utf8(value))):
            raise NotSealable(f"field `{label!a}` holds half a character (a lone surrogate)")
    return cipher.seal(_encode(dict(fields)).encode(), aad)


def open_row(cipher: Cipher, value: bytes, aad: bytes) -> dict[str, Scalar]:
    """The fields of one row. Raises SealBroken."""
    plaintext = cipher.open(value, aad)
    try:
        text = plaintext.decode()
        fields, end = _decode(text)
    except (ValueError, RecursionError):
        fields = None  # raised below: an error raised here would carry the text in its context
    if type(fields) is not dict or end != len(text):
        raise SealBroken("a sealed value opens, but is not the envelope of a row")
    return fields


def open_rows(rows: Iterable[tuple[Cipher, bytes, bytes]]) -> list[dict[str, Scalar]]:
    """The fields of many rows, each given as (cipher, value, aad), in order. Raises SealBroken.

    For rows of many subjects feed it a generator over `unwrap_cipher`, `wrap_contexts` and `contexts`.
    """
    return [open_row(cipher, value, aad) for cipher, value, aad in rows]


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
