"""The ground on which the Services themselves work on a Customer's data: a job of theirs, for one workspace."""

import time
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from troth.gate.subjects.models import Erasure
from troth.gate.uses.actor import Row

ASKED_EVERY = 1.0
"""Seconds for which the answer stands: a job reads many rows."""


class _Answer:
    """Whether the workspace was still there, and when that was asked."""

    __slots__ = ("at", "stands")

    def __init__(self) -> None:
        self.at, self.stands = float("-inf"), True


@dataclass(frozen=True, slots=True)
class ServiceJob:
    """A named job that our systems run for the people of a workspace; nobody sees what it reads.

    clause: hosting.access - the ground `service-job`.
    """

    workspace: UUID
    name: str
    _answer: _Answer = field(default_factory=_Answer, compare=False, repr=False)
    ground: ClassVar[str] = "service-job"

    def is_live(self) -> bool:
        """For as long as nobody has begun to erase the workspace."""
        answer, now = self._answer, time.monotonic()
        if answer.stands and now - answer.at > ASKED_EVERY:
            answer.at = now
            answer.stands = not Erasure.objects.filter(subject=self.workspace.hex).exists()
        return answer.stands

    def covers(self, row: Row) -> bool:
        """Rows of its workspace."""
        return bool(row.owner_id == self.workspace)
