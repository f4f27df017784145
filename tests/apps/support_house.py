"""A workspace with parts to look at, for the tests of support: sealed rows of a model that has no table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.test import Client
from django.test.utils import isolate_apps
from django.utils import timezone

from tests.apps.conftest import Secure
from tests.cast import acting, staff
from tests.workspaces.customers import at, submission
from troth.accounts.models import StaffMember
from troth.apps.support.models import SupportRequest
from troth.gate.subjects.fields import Sealed
from troth.gate.uses import Actor
from troth.workspaces import sections
from troth.workspaces.access import Access, enter
from troth.workspaces.hosted import HostedModel, open_workspace

with isolate_apps("troth.apps.support"):

    class Note(HostedModel):
        text = Sealed(models.CharField(max_length=80), "customer-data.record")
        part: ClassVar[UUID]

        class Meta:
            app_label = "support"

        @property
        def parts(self) -> tuple[UUID, ...]:
            return (self.part,)


@dataclass
class Kept:
    """The parts of one workspace, with what lies in them."""

    workspace: UUID
    parts: dict[UUID, str] = field(default_factory=dict)
    rows: dict[UUID, list[Note]] = field(default_factory=dict)

    def named(self) -> list[tuple[UUID, str]]:
        return list(self.parts.items()) if open_workspace() == self.workspace else []

    def owns(self, part: UUID) -> bool:
        return part in self.parts and open_workspace() == self.workspace

    def read(self, part: UUID, offset: int, limit: int) -> tuple[list[str], list[list[str]], int]:
        rows = self.rows[part]
        return ["Text"], [[row.text] for row in rows[offset : offset + limit]], len(rows)


def fill(access: Access, **counts: int) -> Kept:
    """Parts by name with that many rows; each row says `name-number`."""
    made = Kept(access.workspace.owner_id)
    with enter(access, writes=True) as use:
        for name, count in counts.items():
            part = uuid4()
            made.parts[part], made.rows[part] = name, []
            for number in range(count):
                row = Note(owner_id=made.workspace)
                row.part = part  # type: ignore[misc]
                row.text = f"{name}-{number}"
                row.sealed = use.seal(row)
                made.rows[part].append(row)
    return made


@contextmanager
def kept(*houses: Kept) -> Iterator[None]:
    """Have the parts known to the house for the block."""
    parts, looks = list(sections.PARTS), list(sections.LOOKS)
    sections.PARTS[:] = [each.named for each in houses]
    sections.LOOKS[:] = [sections.Look(each.owns, each.read) for each in houses]
    try:
        yield
    finally:
        sections.PARTS[:], sections.LOOKS[:] = parts, looks


def ask(client: Client, to: Access, *parts: UUID | str, **more: Any) -> Any:
    """Fill in the form for help."""
    page, end = at(to, "help/"), timezone.now() + timedelta(hours=5)
    told = {
        "text": "The kilns are wrong.",
        "shown": [str(part) for part in parts],
        "ends_at": f"{end:%Y-%m-%dT%H:%M}",
    }
    return client.post(page + "ask/", {**told, "submission": submission(client.get(page)), **more})


def asked(client: Client, to: Access, *parts: UUID | str) -> SupportRequest:
    """The request that comes of it."""
    assert ask(client, to, *parts).status_code == 302
    found: SupportRequest = SupportRequest.objects.order_by("-opened_at").first()
    return found


@dataclass
class Desk:
    """A member of staff with a browser."""

    member: StaffMember
    client: Client

    @property
    def actor(self) -> Actor:
        return acting(self.member)

    def begin(self, number: str, workspace: UUID, note: str = "The kilns.") -> Any:
        page = f"/office/looks/{number}/{workspace}/"
        told = {"reason": "find", "note": note, "submission": submission(self.client.get(page))}
        return self.client.post(page + "begin/", told)


def desk(role: str = "support", name: str = "dana") -> Desk:
    """Dana, or somebody else of staff."""
    member = staff(role, f"{name}@iplum.example")
    client = Secure(SERVER_NAME="localhost")
    client.force_login(member.user)
    return Desk(member, client)
