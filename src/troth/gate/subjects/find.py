"""Subjects by address: who has rows under an e-mail address, and which of them nobody has an account for."""

from collections.abc import Callable
from uuid import UUID

from .models import DataSubject, Kind
from .register import personal_models, privacy

Choice = Callable[[set[UUID]], set[UUID]]
"""Which of some subjects are so."""

WITH_ACCOUNT: list[Choice] = []
"""Filled by the floor above: which of some subjects can sign in."""

WAITING: list[Choice] = []
"""Filled by the floors above: which stand for something asked of us that still waits for its proof or its answer."""

VOID: list[Choice] = []
"""Filled by the floors above: which stand for something whose proof never came, and which therefore is nobody's."""


def of_address(address: str) -> set[UUID]:
    """Everybody who has a row under this address; our own staff are looked up by their own pages.

    A row that only says where somebody would like to be written to (`Privacy.is_wish`) makes nobody its address's.
    """
    found: set[UUID] = set()
    for model in personal_models():
        if privacy(model, "is_wish", False):
            continue
        for name, seal in model.seals.items():
            if seal.lookup == "email":
                found.update(model.every.lookup(**{name: address}).values_list("owner_id", flat=True))
    staff = DataSubject.objects.filter(pk__in=found, kind=Kind.STAFF).values_list("pk", flat=True)
    return found - set(staff)


def unproven(address: str) -> set[UUID]:
    """Those of them without an account: each stands for one act that nobody proved the address of."""
    found = of_address(address)
    return found - {subject for known in WITH_ACCOUNT for subject in known(found)}
