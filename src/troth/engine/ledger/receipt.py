"""The receipt: what one subject takes home about one entry.  Specification: spec/receipt.md."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from troth.engine.ledger.entry import canonical, find_part
from troth.engine.ledger.errors import ReceiptError
from troth.engine.ledger.note import b64, unb64
from troth.engine.ledger.proof import path_in
from troth.engine.ledger.tree import HASH

FORMAT = "troth-receipt/1"
_SHARE = {"index", "path", "size"}
_PLACE = {"checkpoint", "index", "path", "size"}
_TOP = {"detail", "entry", "format", "leaf", "log", "origin", "salt", "share"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the entry stands: index, tree size, the inclusion path and the signed checkpoint."""

    index: int
    size: int
    path: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """One subject's detail of one entry, with the proof that the log commits to it.

    `detail` is canonical JSON and names the entry's id under `entry`; `salt` is what it was committed with;
    `share_*` lead from the commitment to the leaf's root; `place` is None until the entry is integrated.
    """

    origin: str
    entry: str
    leaf: bytes
    salt: bytes
    detail: str
    share_index: int
    share_size: int
    share_path: tuple[bytes, ...]
    place: Place | None = None

    def placed(self, place: Place) -> "Receipt":
        """The same receipt, with the entry's place in the log."""
        return replace(self, place=place)

    def to_json(self) -> str:
        """The receipt's only spelling, so that a changed byte anywhere is a changed receipt."""
        share = {"index": self.share_index, "path": _texts(self.share_path), "size": self.share_size}
        place = self.place
        log = place and {
            "checkpoint": place.checkpoint, "index": place.index,
            "path": _texts(place.path), "size": place.size,
        }  # fmt: skip
        return json.dumps(
            {
                "format": FORMAT, "origin": self.origin, "entry": self.entry, "leaf": b64(self.leaf),
                "salt": b64(self.salt), "detail": self.detail, "share": share, "log": log,
            },
            indent=1, sort_keys=True, ensure_ascii=False,
        )  # fmt: skip

    @staticmethod
    def from_json(text: str) -> "Receipt":
        """Read a receipt; one newline at the end is allowed.  Raises ReceiptError for anything else."""
        text = text.removesuffix("\n")
        try:
            receipt = _read(json.loads(text, parse_float=_refuse, parse_constant=_refuse))
            same = receipt.to_json() == text
        except ReceiptError:
            raise
        except (KeyError, TypeError, ValueError, RecursionError):
            raise ReceiptError(f"not a receipt of the form `{FORMAT}`; see spec/receipt.md") from None
        if not same:
            raise ReceiptError("the receipt is not spelled as it was issued; copy it again without changes")
        return receipt


def make_receipt(
    origin: str, entry: str, leaf: bytes, commitments: bytes, salt: bytes, detail: bytes
) -> Receipt:
    """The receipt of the subject whose salt and detail these are, from the entry's stored commitments.

    Raises ProofError when they are not of this entry.
    """
    part = find_part(commitments, salt, detail)
    path = path_in(commitments, part.position)
    return Receipt(origin, entry, leaf, salt, detail.decode(), part.position, len(commitments) // HASH, path)


def _read(data: object) -> Receipt:
    top = _fields(data, _TOP)
    if top["format"] != FORMAT:
        raise ReceiptError("the receipt is of another format version")
    share = _fields(top["share"], _SHARE)
    detail = _text(top["detail"])
    told = json.loads(detail, parse_float=_refuse, parse_constant=_refuse)
    if not isinstance(told, dict) or canonical(told).decode() != detail or told.get("entry") != top["entry"]:
        raise ReceiptError("the detail is not canonical JSON, or is of another entry")
    place = None
    if top["log"] is not None:
        log = _fields(top["log"], _PLACE)
        place = Place(_count(log["index"]), _count(log["size"]), _path(log["path"]), _text(log["checkpoint"]))
    return Receipt(
        _text(top["origin"]), _text(top["entry"]), unb64(_text(top["leaf"])), unb64(_text(top["salt"])),
        detail,
        _count(share["index"]), _count(share["size"]), _path(share["path"]), place,
    )  # fmt: skip


def _texts(path: Sequence[bytes]) -> list[str]:
    return [b64(node) for node in path]


def _refuse(_: str) -> object:
    raise TypeError


def _fields(data: object, names: set[str]) -> dict[str, object]:
    if not isinstance(data, dict) or set(data) != names:
        raise TypeError
    return data


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise TypeError
    return value


def _path(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(unb64(_text(node)) for node in value)
