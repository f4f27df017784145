"""Tries that support looks no further than the Customer's settings let it, and that it has not."""

from troth.accounts.levels.law import Values
from troth.accounts.levels.models import Choice, Nod
from troth.accounts.levels.probing import probes
from troth.workspaces.models import Workspace

from . import looking
from .models import Looked


@probes("support")
def support_looks_as_it_may(choice: Choice, values: Values) -> str:
    """What holds is what each look asks for; and since the company chose, each look had what it asked for."""
    rows = list(Workspace.objects.filter(customer=choice.owner_id))
    if any(looking.wanted_of(row.owner_id) != values["support"] for row in rows):
        return "our support does not ask what a company chose"
    if values["support"] != "each":
        return ""
    on_requests = Looked.objects.filter(owner__in=[row.owner_id for row in rows], at__gt=choice.made_at)
    given = Nod.objects.filter(owner=choice.owner_id, what=Nod.What.LOOK, given_at__isnull=False)
    bare = on_requests.filter(sitting__number__startswith="S")
    if bare.exclude(sitting__in=given.values("about")).exists():
        return "our support looked without the yes that the company asks for"
    return ""
