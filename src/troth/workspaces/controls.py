"""How the clauses on hosting and isolation are proved: by counting whose rows are, and by trying to cross."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, permutations
from uuid import UUID

from django.utils import timezone

from troth.gate.proving.answers import Finding, broken, control, kept, unproven
from troth.gate.subjects import owning
from troth.gate.subjects.models import Kind

from .hosted import HostedModel, OutsideWorkspace, hosted_models, links, opened
from .models import Grant, Workspace

SUBMIT, ISOLATION = "hosting.submit", "security.isolation"
TRIED = 20
"""Workspaces between which each model is tried, the newest."""

OVERDUE = timedelta(hours=3)
"""How long after its end a grant may still lie there: the job that deletes them comes every hour."""


@control(SUBMIT)
def everything_lies_in_one_workspace() -> Finding:
    """Each hosted row belongs to a workspace's subject, and leads to rows of the same workspace only."""
    models, wrong = hosted_models(), list[str]()
    total = sum(owning.count(model) for model in models)
    for model in models:
        name = str(model._meta.verbose_name)
        if strays := owning.owned_by_another_kind(model, Kind.WORKSPACE):
            wrong.append(f"{strays} of {name} belong to no workspace")
        for link in links(model):
            if crossing := owning.leading_out(model, link.name):
                wrong.append(f"{crossing} of {name} lead out of their workspace by `{link.name}`")
    if wrong:
        return broken(f"{len(wrong)} ways out of a workspace", "; ".join(wrong))
    workspaces = Workspace.objects.count()
    if not workspaces:
        return unproven("no workspace yet", "there is nothing to look at")
    return kept(
        f"{total} items in {workspaces} workspaces, each in one",
        f"{len(models)} kinds of item counted: each belongs to a workspace and is sealed with its key",
    )


@control(ISOLATION)
def nobody_crosses() -> Finding:
    """Each wall is tried by itself, from inside one workspace towards another; access that ended is gone."""
    late = Grant.objects.filter(ends_at__lte=timezone.now() - OVERDUE).count()
    if late:
        return broken(f"{late} grants past their end", "access that ended was not taken away")
    tried, holes, stopped = 0, list[str](), 0
    for model in hosted_models():
        for here, theirs in _foreign(model):
            tried += 1
            is_hole, is_stopped = _finds(model, here, theirs), owning.is_stopped(model, here, theirs)
            stopped += is_stopped
            if is_hole:
                holes.append(f"{model._meta.verbose_name}{' (stopped by PostgreSQL)' if is_stopped else ''}")
        if not _is_shut_outside(model):
            holes.append(f"{model._meta.verbose_name}, outside any workspace")
    if holes:
        return broken(
            f"{len(holes)} holes in the wall", f"the scope of queries has holes: {', '.join(holes[:5])}"
        )
    if not tried:
        return unproven("fewer than two workspaces with data", "there is nothing to cross between")
    second = f"; PostgreSQL alone stopped {stopped}" if stopped else ""
    kinds = len(hosted_models())
    return kept(f"{tried} crossings tried, none found", f"{kinds} kinds of item, between workspaces{second}")


def _foreign(model: type[HostedModel]) -> Iterator[tuple[UUID, UUID]]:
    """Pairs of a workspace and the id of a row that another one has."""
    newest = Workspace.objects.order_by("-made_at").values_list("owner_id", flat=True)[:TRIED]
    rows = {owner: row for owner in newest if (row := owning.one_of(model, owner))}
    pairs = permutations(rows, 2)
    return ((here, rows[there]) for here, there in islice(pairs, TRIED * TRIED))


def _finds(model: type[HostedModel], here: UUID, theirs: UUID) -> bool:
    """Whether the scope that queries get in the code lets a row of another workspace through."""
    with opened(here):
        asked = model.objects.filter(pk=theirs)
    return owning.without_the_database(asked)


def _is_shut_outside(model: type[HostedModel]) -> bool:
    try:
        model.objects.exists()
    except OutsideWorkspace:
        return True
    return False
