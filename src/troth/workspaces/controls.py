"""How the clauses on hosting and isolation are proved: by counting whose rows are, and by trying to cross."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, permutations, product
from uuid import UUID

from django.utils import timezone

from troth.gate.proving import probing
from troth.gate.proving.answers import Finding, broken, control, kept, unproven
from troth.gate.subjects import owning
from troth.gate.subjects.models import Kind, PersonalModel
from troth.gate.subjects.register import personal_models

from . import agreement, company
from .access import PURPOSE
from .hosted import HostedModel, OutsideWorkspace, hosted_models, links, opened
from .models import Grant, Workspace

SUBMIT, ISOLATION, SAME = "hosting.submit", "security.isolation", "security.same"
HOSTED, OF_CUSTOMERS = frozenset({"customer-data"}), frozenset({"contact", "enquiry"})
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


@control(SAME)
def ours_are_kept_as_theirs() -> Finding:
    """What is tried on Customer Data is tried on Data About Customers: the walls, the seal, and staff without a ground.

    The Company's own workspace stands on the same agreement as everybody's.
    """
    ours = company.workspace()
    if ours is None or not (ours.customer_id and agreement.is_accepted(ours.customer_id)):
        return broken("the Company is no Customer", "it has no workspace under the agreement in force")
    wrong, tried = list[str](), 0
    for model in (each for each in hosted_models() if _seals(each, OF_CUSTOMERS)):
        if elsewhere := owning.count(model) - owning.count(model, ours.owner_id):
            wrong.append(f"{elsewhere} of {model._meta.verbose_name} lie outside the Company's workspace")
    for category, (sealing, field) in _one_for_each(HOSTED | OF_CUSTOMERS).items():
        tried += 2
        if probing.closed_to("support", PURPOSE, sealing, field) is None:
            wrong.append(f"`{category}` opens to staff without a ground")
        if probing.opens_under_another_key(sealing, field):
            wrong.append(f"`{category}` opens under another key")
    here = {model: row for model in hosted_models() if (row := owning.one_of(model, ours.owner_id))}
    for (model, row), other in product(here.items(), _others(ours)):
        tried += 1
        if _finds(model, other, row):
            wrong.append(f"{model._meta.verbose_name} of the Company's, from another workspace")
    if wrong:
        return broken(f"{len(wrong)} differences", "; ".join(dict.fromkeys(wrong)))
    kept_here = sum(owning.count(model, ours.owner_id) for model in here if _seals(model, OF_CUSTOMERS))
    if not kept_here or not any(owning.count(model) for model in hosted_models() if _seals(model, HOSTED)):
        return unproven(
            "nothing to compare yet", "one of the two, the Company or its Customers, keeps nothing"
        )
    return kept(
        f"{tried} probes, the same on both",
        f"{kept_here} items about Customers lie in the Company's own workspace; from another one, on no ground and under"
        " another key they are as closed as Customer Data is",
    )


def _seals(model: type[PersonalModel], roots: frozenset[str]) -> bool:
    return any(seal.category.split(".")[0] in roots for seal in model.seals.values())


def _one_for_each(roots: frozenset[str]) -> dict[str, tuple[type[PersonalModel], str]]:
    """For each category below these, a model and a field that seal it."""
    return {
        seal.category: (model, name)
        for model in personal_models()
        for name, seal in model.seals.items()
        if seal.category.split(".")[0] in roots
    }


def _others(ours: Workspace) -> list[UUID]:
    """The newest workspaces beside the Company's."""
    newest = Workspace.objects.exclude(pk=ours.pk).order_by("-made_at")
    return list(newest.values_list("owner_id", flat=True)[:TRIED])


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
