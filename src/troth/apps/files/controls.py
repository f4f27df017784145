"""Tries that what a company chose about its files holds for those that it has."""

from datetime import timedelta

from django.utils import timezone

from troth.accounts.levels.law import Values
from troth.accounts.levels.models import Choice
from troth.accounts.levels.probing import probes
from troth.accounts.people.companies import NotNow
from troth.gate.files.models import StoredFile
from troth.gate.subjects import holds
from troth.workspaces.access import Access
from troth.workspaces.hosted import OutsideWorkspace, opened
from troth.workspaces.models import Right, Workspace

from . import flows
from .kinds import BYTES
from .limits import trash_days
from .models import Document, Folder

SLACK = timedelta(hours=3)
"""The trash is emptied by the hour."""


@probes("files")
def only_kinds_that_are_taken(choice: Choice, values: Values) -> str:
    """A file of unknown kind is brought to the code that keeps files, which refuses it before it looks at anything."""
    if values["files"] == "any":
        return ""
    for row in Workspace.objects.filter(customer=choice.owner_id):
        try:
            flows.add_version(Access(row, choice.owner_id, Right.EDIT), None, "", StoredFile(), BYTES)
        except NotNow:
            continue
        except OutsideWorkspace:
            return "a file is kept of a kind that its company does not take"
    return ""


@probes("trash")
def the_trash_is_emptied(choice: Choice, values: Values) -> str:
    """Nothing lies in the trash longer than what holds, but for what the law holds."""
    long_ago = timezone.now() - timedelta(days=values["trash"]) - SLACK
    held = holds.everybody()
    is_new = choice.made_at > timezone.now() - SLACK  # then the next round is still to come
    for row in Workspace.objects.filter(customer=choice.owner_id):
        with opened(row.owner_id):
            late = not is_new and any(
                model.objects.filter(trashed_at__lte=long_ago).exists() for model in (Document, Folder)
            )
        if trash_days(row.customer_id) > values["trash"] or (late and row.owner_id not in held):
            return "something lies in the trash for longer than what holds for it"
    return ""
