"""Hosted tables can be spread over several nodes by workspace later: each of their unique keys names the workspace."""

from typing import Any

import pytest
from django.db import models
from django.db.models import UniqueConstraint

from troth.workspaces.hosted import HostedModel, hosted_models


def unique_keys(model: type[models.Model]) -> list[tuple[str, ...]]:
    """What the store must find once: the columns of each unique key, but for the row's random id itself."""
    found = [
        constraint.fields
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    alone = [(field.name,) for field in model._meta.concrete_fields if field.unique and not field.primary_key]
    return [*map(tuple, found), *alone, *map(tuple, model._meta.unique_together)]


def faults(model: type[models.Model]) -> list[str]:
    """Unique keys of a hosted table that another workspace's rows would have to be asked for."""
    return [f"{model._meta.label}: {key}" for key in unique_keys(model) if "owner" not in key]


@pytest.mark.parametrize("model", hosted_models(), ids=lambda model: str(model._meta.label))
def test_each_unique_key_of_a_hosted_table_names_the_workspace(model: type[HostedModel]) -> None:
    assert not faults(model)
    assert isinstance(model._meta.pk, models.UUIDField), "a counted id would have to be counted in one place"


@pytest.mark.parametrize(
    "one",
    [
        {"mark": models.CharField(max_length=9, unique=True)},
        {"other": models.OneToOneField("auth.Group", on_delete=models.CASCADE, related_name="+")},
        {"Meta": type("Meta", (), {"constraints": (UniqueConstraint(fields=("mark",), name="once"),)})},
    ],
)
def test_a_key_without_the_workspace_is_seen(one: dict[str, Any]) -> None:
    meta = type("Meta", (one.get("Meta", object),), {"app_label": "none", "abstract": True})
    fields = {"mark": models.CharField(max_length=9), "owner": models.UUIDField(), **one, "Meta": meta}
    assert len(faults(type("Loose", (models.Model,), {"__module__": __name__, **fields}))) == 1
