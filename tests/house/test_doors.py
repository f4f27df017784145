"""No way around the gate in code: no raw SQL, and no bulk reading or writing of a sealed column."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import SOURCE, modules, parsed, shown

GATE = SOURCE / "gate"
RAW = {"raw", "extra", "cursor"}
READS = {"values", "values_list"}
UNSCOPED = {"every", "_base_manager", "_default_manager"}
"""What finds the rows of all workspaces: for the gate's own rooms."""
WRITES = {"update"}


def sealed_columns(trees: list[ast.Module]) -> set[str]:
    """The attributes of classes to which `Sealed(...)` is assigned."""
    return {
        target.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _is_sealed(statement.value)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name)
    }


def _is_sealed(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and _name(value.func) == "Sealed"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _columns(call: ast.Call) -> Iterator[str]:
    """The columns that a `.values(...)`, `.values_list(...)` or `.update(...)` names, over relations too."""
    if _name(call.func) in READS:
        texts = (
            node.value
            for argument in call.args
            for node in ast.walk(argument)
            if isinstance(node, ast.Constant)
        )
        for text in texts:
            yield from str(text).split("__")
    for keyword in call.keywords:
        if keyword.arg and _name(call.func) in WRITES:
            yield keyword.arg
        names = (node.value for node in ast.walk(keyword.value) if isinstance(node, ast.Constant))
        if _name(call.func) in READS:
            for name in names:
                yield from str(name).split("__")


def ways_around(tree: ast.Module, sealed: set[str]) -> Iterator[tuple[int, str]]:
    """The line and the fault of each call in `tree` that goes around the gate."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in UNSCOPED:
            yield node.lineno, f"rows of all workspaces: `.{node.attr}`"
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in RAW:
            yield node.lineno, f"raw SQL: `.{node.func.attr}(`"
        elif node.func.attr in READS | WRITES:
            for column in sorted(set(_columns(node)) & sealed):
                yield node.lineno, f"`.{node.func.attr}(` on the sealed column `{column}`"


def outside_the_gate() -> list[Path]:
    return [path for path in modules() if not path.is_relative_to(GATE)]


def test_nothing_outside_the_gate_goes_around_it() -> None:
    sealed = sealed_columns([parsed(path) for path in modules()])
    faults = [
        f"{shown(path)}:{line}: {fault}"
        for path in outside_the_gate()
        for line, fault in ways_around(parsed(path), sealed)
    ]
    assert not faults, "\n".join(faults)


def test_sealed_columns_are_found_in_models() -> None:
    model = 'class Enquiry(PersonalModel):\n  email = Sealed(EmailField(), "contact.email")\n  topic = C()\n'
    assert sealed_columns([ast.parse(model)]) == {"email"}


@pytest.mark.parametrize(
    "call",
    [
        'Enquiry.objects.raw("select 1")',
        "Record.every.count()",
        "type(row)._base_manager.get(pk=pk)",
        'Enquiry.objects.extra(where=["1"])',
        "connection.cursor()",
        'Enquiry.objects.values("email")',
        'Message.objects.values_list("pk", "enquiry__email", flat=True)',
        'Enquiry.objects.values(address=F("email"))',
        'Enquiry.objects.filter(pk=1).update(email="alice@alice.example")',
    ],
)
def test_each_way_around_is_seen(call: str) -> None:
    assert list(ways_around(ast.parse(call), {"email"}))


@pytest.mark.parametrize(
    "call",
    ['Enquiry.objects.values("topic")', "digest.update(email)", "totals.values()", "rows.update(topic=1)"],
)
def test_a_harmless_call_is_left_alone(call: str) -> None:
    assert not list(ways_around(ast.parse(call), {"email"}))
