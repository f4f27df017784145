"""What the API answers when it does not do what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row of a request, counted from 0, and in which of its fields (None: as a whole)."""

    row: int
    where: str | None
    what: str


class ApiError(Exception):
    """An answer that is no success, as problem details (RFC 9457): `error` is its kind in a word."""

    def __init__(self, status: int, said: Mapping[str, Any]) -> None:
        self.status = status
        self.error = str(said.get("error", "failed"))
        self.what = str(said.get("detail", "the server answered without saying why"))
        self.advice = str(said.get("advice", ""))
        self.where = said.get("where")
        self.offset = said.get("offset")
        self.faults = [
            Fault(each["row"], each.get("where"), each["what"]) for each in said.get("faults") or []
        ]
        rows = "; ".join(
            f"row {each.row}, {each.where or 'as a whole'}: {each.what}" for each in self.faults[:5]
        )
        super().__init__(f"{self.what} ({status} {self.error}){': ' if rows else ''}{rows}")


class Unauthorized(ApiError):
    """The key is not in use: it ended, or was never one."""


class Refused(ApiError):
    """The key does not allow this."""


class NotFound(ApiError):
    """There is nothing here that is open to the key."""


class Conflict(ApiError):
    """Something stands in the way, such as a change by somebody else meanwhile."""


class Invalid(ApiError):
    """The request does not fit; `faults` says what is wrong with each row."""


class TooMany(ApiError):
    """Too many requests, also after waiting."""


class Unavailable(ApiError):
    """The server, or the way to it, did not work, also after trying again.  Status 0: it was not reached."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthorized, 403: Refused, 404: NotFound, 409: Conflict, 413: Invalid, 422: Invalid, 429: TooMany,
}  # fmt: skip


def error_of(status: int, said: Mapping[str, Any]) -> ApiError:
    """The error for an answer."""
    return _BY_STATUS.get(status, Unavailable if status >= 500 or status == 0 else ApiError)(status, said)
