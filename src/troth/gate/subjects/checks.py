"""`manage.py check`: a model that forgets to declare a field, an owner or an ending does not start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import models

from ..published import statement
from .fields import OwnerField
from .models import PersonalModel
from .register import against_the_code, edges, items, personal_models, privacy, undeclared


def check_declarations(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every personal model names an owner, a state for each column, known categories and how long it is kept."""
    return [problem for model in personal_models() for problem in _problems(model)]


def _problems(model: type[PersonalModel]) -> list[CheckMessage]:
    found: list[CheckMessage] = []

    def error(code: str, message: str, hint: str) -> None:
        found.append(Error(f"`{model._meta.label}` {message}", hint=hint, obj=model, id=f"troth.{code}"))

    owners = [f.name for f in model._meta.concrete_fields if isinstance(f, OwnerField)]
    if owners != ["owner"]:
        error("E001", "needs exactly one owner", "add `owner = OwnerField()`")
    for name in _unblankable(model):
        error(
            "E008", f"cannot blank `{name}`", "name a sealed field, or a column that may be null or is text"
        )
    if (naming := privacy(model, "heir", "")) and not callable(getattr(model, naming, None)):
        error(
            "E009", f"names `{naming}` as its heir", "name a method that returns the next owner's id, or None"
        )
    if (naming := privacy(model, "joined", "")) and not callable(getattr(model, naming, None)):
        error(
            "E010",
            f"names `{naming}` for two rows that become one",
            "name a method that takes the row that goes",
        )
    for name in undeclared(model):
        error(
            "E002",
            f"does not declare `{name}`",
            "seal it, declare it, or say in `Privacy.plain` why it is neither",
        )
    policy = statement.current()
    for item in items(model):
        if item.category and item.category not in policy.categories:
            error(
                "E003",
                f"names `{item.category}`, which the statement does not define",
                "define it, or correct it",
            )
        if item.state == "sealed" and not _kept(model, item.category):
            error("E004", f"has no `keep` rule for `{item.category}`", "write one, or fill `Privacy.keep`")
        hold = policy.holds(item.category) if item.state == "sealed" else None
        if hold is not None and hold.event not in privacy(model, "keep", {}):
            error(
                "E011",
                f"cannot date the legal hold on `{item.category}`",
                f"name the column of `{hold.event}` in `Privacy.keep`",
            )
    return found


def _unblankable(model: type[PersonalModel]) -> list[str]:
    """Fields that an erasure could not blank: it would stop in the middle."""
    named = {name for _, _, names in edges(model) for name in names} - set(model.seals)
    columns = {f.name: f for f in model._meta.concrete_fields}
    return sorted(
        n
        for n in named
        if n not in columns
        or not (columns[n].null or isinstance(columns[n], models.CharField | models.TextField))
    )


def _kept(model: type[PersonalModel], category: str) -> bool:
    if privacy(model, "kept_with_owner", False):
        return True
    keep = statement.current().keeps(category)
    return keep is not None and keep.event in privacy(model, "keep", {})


def check_statement(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What the code collects, where, and for which purposes: all of it has a clause (rule 8)."""
    return [
        Error(f"statement.md: {problem.message}", hint=problem.advice, id="troth.E006")
        for problem in against_the_code()
        if problem.severity == "error"
    ]


def check_transactions(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`ATOMIC_REQUESTS` would commit an act after its answer was rendered, and its entry with it."""
    return [
        Error(
            f"`ATOMIC_REQUESTS` is on for `{alias}`",
            hint="flows open their own transactions with `act()`",
            id="troth.E005",
        )
        for alias, database in settings.DATABASES.items()
        if database.get("ATOMIC_REQUESTS")
    ]
