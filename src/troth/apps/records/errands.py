"""What the worker finds to do for imports, in whatever workspace it is."""

from django.utils import timezone

from troth.workspaces.hosted import opened

from . import clearing, filling
from .import_models import Errand, Import

LOOKED_AT = 100


def is_waiting() -> bool:
    """Whether anything is due."""
    return bool(Errand.objects.filter(due_at__lte=timezone.now()).exists())


def run_one() -> bool:
    """Do what has been due longest, or a part of it; False when nothing is left to do."""
    due = Errand.objects.filter(due_at__lte=timezone.now()).order_by("due_at")[:LOOKED_AT]
    return any(_run(errand) for errand in list(due))


def _run(errand: Errand) -> bool:
    """Whether there was something to do."""
    with opened(errand.owner_id):
        imported = Import.objects.filter(pk=errand.of).first()
        if imported is None:
            errand.delete()
        elif imported.state in filling.ACTIVE:
            if not filling.is_free(imported):
                return False
            filling.fill(imported)
        elif imported.is_clearing:
            clearing.clear(imported)
        else:
            clearing.settle(imported)
    return True
