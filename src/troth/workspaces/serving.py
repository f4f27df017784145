"""The ground `service-job`: a named job that the system runs in one workspace, with nobody's eyes on it."""

import math
import re
import time
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from troth.gate.errors import GateError, Refused
from troth.gate.subjects.models import Erasure
from troth.gate.uses import SYSTEM, Use, using
from troth.gate.uses.actor import Row

from .access import ASKED_EVERY, PLACE, PURPOSE
from .hosted import Inside
from .models import Workspace

_NAME = re.compile(r"[a-z][a-z0-9-]{2,40}")


@dataclass(slots=True)
class ServiceJob:
    """A job by its name (`import`, `query-run`), in the workspace for which it runs; the log names it so.

    Raises GateError for a name that would not read well there.
    """

    workspace: UUID
    name: str
    _asked_at: float = field(default=-math.inf, repr=False)
    _stands: bool = field(default=False, repr=False)
    ground: ClassVar[str] = "service-job"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise GateError("a job is named by small letters, digits and dashes")

    @property
    def reference(self) -> str:
        """How the record names it."""
        return self.name

    def is_live(self) -> bool:
        """clause: hosting.access - while the workspace is there and not being erased; asked once a second at most."""
        if time.monotonic() - self._asked_at >= ASKED_EVERY:
            is_here = Workspace.objects.filter(owner=self.workspace).exists()
            self._stands = is_here and not Erasure.objects.filter(subject=self.workspace.hex).exists()
            self._asked_at = time.monotonic()
        return self._stands

    def covers(self, row: Row) -> bool:
        """The workspace's rows."""
        return bool(row.owner_id == self.workspace)


class serve(Inside):  # noqa: N801 - reads as a statement: `with serve(...)`
    """Open a workspace to a job of the system for the block; with `writes` it may take data in.

    Raises Refused when the workspace is gone.
    """

    def __init__(self, job: ServiceJob, *, writes: bool = False) -> None:
        self._job = job
        super().__init__(job.workspace, using(PURPOSE, by=SYSTEM, given=job, at=PLACE if writes else None))

    def __enter__(self) -> Use:
        if not self._job.is_live():
            raise Refused("the workspace of this job is gone", "hosting.access")
        return super().__enter__()
