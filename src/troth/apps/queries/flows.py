"""What can be done with queries: kept, run, cancelled, deleted.  One function for each verb."""

import json
import re
from collections.abc import Mapping
from uuid import UUID

from django.utils import timezone

from troth.accounts.people.companies import NotNow
from troth.gate.errors import Refused
from troth.gate.uses import act
from troth.workspaces.access import Access, enter
from troth.workspaces.models import Right

from .models import Answer, Query, Run

PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]{0,39})")
MOST_KEPT, MOST_WAITING, MOST_RUNS = 200, 3, 100


def parameters_of(sql: str) -> list[str]:
    """The names of a query's parameters, in their order; each once."""
    return list(dict.fromkeys(PARAMETER.findall(sql)))


def keep_query(by: Access, name: str, sql: str, which: UUID | None = None) -> Query:
    """Keep a query under a name, or change the one of this id.  Raises NotNow, Refused."""
    by.must(Right.EDIT)
    with enter(by, writes=True), act():
        found: Query | None = Query.objects.filter(pk=which).first() if which else None
        if found is None and Query.objects.count() >= MOST_KEPT:
            raise NotNow(f"{MOST_KEPT} queries are kept here. Delete one that is no longer needed first.")
        kept = found or Query(by_id=by.person, **({"id": which} if which else {}))
        kept.name, kept.sql = name, sql
        kept.save(force_insert=found is None, **({"update_fields": []} if found else {}))
    return kept


def delete_query(by: Access, which: UUID) -> None:
    """Delete a kept query; what it answered stays."""
    by.must(Right.EDIT)
    with enter(by), act():
        Run.objects.filter(query=which).update(query=None)
        Query.objects.filter(pk=which).delete()


def ask(
    by: Access, sql: str, parameters: Mapping[str, str], row_id: UUID | None = None, query: UUID | None = None
) -> Run:
    """Have a query run; the one of the same id where it was asked already.  Raises NotNow, Refused.

    The worker runs it as whoever asks: it sees what they may see then, and is on record as theirs.  So whoever came by
    a key to one part gets none.
    """
    if by.is_part_only:
        raise Refused("a query sees everything that is open to you, and this key is for one part")
    with enter(by, writes=True), act():
        if row_id and (found := Run.objects.filter(pk=row_id).first()):
            return found  # type: ignore[no-any-return]
        waiting = Run.objects.filter(by=by.person, state__in=(Run.State.WAITING, Run.State.RUNNING)).count()
        if waiting >= MOST_WAITING:
            raise NotNow(f"{MOST_WAITING} of your queries are not done yet. Wait for one, or cancel it.")
        named = Query.objects.filter(pk=query).first() if query else None
        run = Run(by_id=by.person, query=named, **({"id": row_id} if row_id else {}))
        run.sql, run.parameters = sql, json.dumps(dict(parameters))
        run.save(force_insert=True)
        _forget_the_oldest(by)
    return run


def _forget_the_oldest(by: Access) -> None:
    """Of each person's runs the newest stay."""
    over = (Run.State.DONE, Run.State.FAILED, Run.State.CANCELLED)
    for run in Run.objects.filter(by=by.person, state__in=over)[MOST_RUNS:]:
        forget(run)


def cancel(by: Access, which: UUID) -> None:
    """Stop one's own run, or, for who manages the workspace, anybody's."""
    with enter(by), act():
        asked = Run.objects.filter(pk=which, state__in=(Run.State.WAITING, Run.State.RUNNING))
        if not by.allows(Right.MANAGE):
            asked = asked.filter(by=by.person)
        asked.update(state=Run.State.CANCELLED, ended_at=timezone.now())


def forget(run: Run) -> None:
    """Delete a run with its answer; part of the caller's act."""
    Answer.objects.filter(run=run).delete()
    run.delete()


def is_shown_to(by: Access, run: Run) -> bool:
    """Whether somebody may see what a run answered: whoever began it, and who sees the whole workspace."""
    is_own = run.by_id == by.person and not by.is_part_only
    return is_own or by.allows(Right.VIEW)
