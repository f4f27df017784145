"""Which workspace is open: the scope that hosted rows are found in, in the ORM and again in PostgreSQL.

Three states: one workspace; `everywhere`, for the gate's own rooms (erasure, retention, proofs), which go through all
of them; and nothing, in which hosted rows are not found at all.
"""

from contextvars import ContextVar, Token
from typing import Final
from uuid import UUID

EVERYWHERE: Final = "every"

_scope: ContextVar[UUID | str | None] = ContextVar("troth_scope", default=None)


class _Entered:
    """A scope for the block; the one before it comes back at the end."""

    def __init__(self, scope: UUID | str) -> None:
        self._scope = scope
        self._token: Token[UUID | str | None] | None = None

    def __enter__(self) -> None:
        self._token = _scope.set(self._scope)

    def __exit__(self, *failed: object) -> None:
        if self._token is not None:
            _scope.reset(self._token)


class opened(_Entered):  # noqa: N801 - reads as a statement: `with opened(...)`
    """Find the rows of this workspace, and of no other, within the block.

    It is no permission: who may enter is decided by the ground, and what may be read by the use.
    """

    def __init__(self, workspace: UUID) -> None:
        super().__init__(workspace)


class everywhere(_Entered):  # noqa: N801 - reads as a statement: `with everywhere()`
    """Find the rows of all workspaces within the block: for the gate's own rooms, and no others."""

    def __init__(self) -> None:
        super().__init__(EVERYWHERE)


def current() -> UUID | str | None:
    """The workspace that is open, EVERYWHERE, or None."""
    return _scope.get()
