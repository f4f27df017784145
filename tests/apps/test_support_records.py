"""Staff look at real collections: what was chosen, and nothing beside it."""

from typing import Any

import pytest

from tests.apps.support_house import asked, desk
from tests.cast import durable
from tests.workspaces.customers import browser, customer, workspace
from troth.apps.records import flows, shape
from troth.apps.records.models import Collection, Field, Finding
from troth.apps.records.shape import Draft
from troth.workspaces.access import enter

pytestmark = durable


@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "part"])
def test_support_sees_the_records_of_what_was_chosen(settings: Any, is_whole: bool) -> None:
    settings.TROTH_SECOND_FACTOR = False
    alice = customer()
    here = workspace(alice)
    made: dict[str, Collection] = {}
    for name in ("Pots", "Debts"):
        made[name] = shape.make_collection(here, name, (Draft("Glaze", finding=Finding.PLAIN),))
        with enter(here):
            field = Field.objects.get(collection=made[name]).pk
        for number in range(27):
            flows.make_record(here, made[name], {field: f"{name} {number}"})
    row = asked(browser(alice), here, "whole" if is_whole else made["Pots"].pk)
    dana = desk()
    dana.begin(row.number, row.owner_id)
    page = f"/office/looks/{row.number}/{row.owner_id}/"
    shown = dana.client.get(page).content.decode()
    assert "Pots" in shown and ("Debts" in shown) == is_whole
    first = dana.client.get(f"{page}{made['Pots'].pk}/").content.decode()
    second = dana.client.get(f"{page}{made['Pots'].pk}/?page=2").content.decode()
    assert first.count("<td>Pots ") == 25 and second.count("<td>Pots ") == 2 and "27 items" in first
    assert dana.client.get(f"{page}{made['Debts'].pk}/").status_code == (200 if is_whole else 403)
