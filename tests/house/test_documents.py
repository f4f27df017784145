"""What the documents point at is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SOURCE, parsed, shown

CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"(?![/~])[\w.@-]+(/[\w.@-]+)*/?(::[\w.#-]+)?")
SUFFIXES = {".py", ".md", ".toml", ".json", ".html", ".css", ".js", ".sh", ".txt", ".svg", ".png"}


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "spec").rglob("*.md")])


def pointers(text: str) -> Iterator[str]:
    """Each `path` or `path::symbol` in back-ticks, and each link that stays in the repository."""
    prose = FENCE.sub("", text)
    for code in CODE.findall(prose):
        path = code.partition("::")[0]
        is_path = Path(path).suffix in SUFFIXES and "/" in path
        if PATH.fullmatch(code) and (is_path or "::" in code):
            yield code
    for link in LINK.findall(prose):
        if not re.match(r"[a-z]+:|#|/", link):
            yield link.partition("#")[0]


def find(path: str, document: Path) -> Path | None:
    """The file that `path` means: from the root, from the package, or from beside the document."""
    return next((base / path for base in (ROOT, SOURCE, document.parent) if (base / path).exists()), None)


def has_symbol(path: Path, symbol: str) -> bool:
    """Whether a module defines `symbol` (`Class.method` too), or another file holds it as text."""
    if path.suffix != ".py":
        return symbol in path.read_text(encoding="utf-8")
    body: list[ast.stmt] = parsed(path).body
    for name in symbol.split("."):
        found = next((node for node in body if name in _defined(node)), None)
        if found is None:
            return False
        body = getattr(found, "body", [])
    return True


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def fault(pointer: str, document: Path) -> str:
    """What is wrong with `pointer`; the empty string when nothing is."""
    path, _, symbol = pointer.partition("::")
    file = find(path, document)
    if file is None:
        return f"`{path}` is not there"
    if symbol and not has_symbol(file, symbol):
        return f"`{path}` has no `{symbol}`"
    return ""


@pytest.mark.parametrize("document", documents(), ids=shown)
def test_every_pointer_resolves(document: Path) -> None:
    found = [
        (pointer, fault(pointer, document)) for pointer in pointers(document.read_text(encoding="utf-8"))
    ]
    assert not [f"{shown(document)}: {pointer}: {said}" for pointer, said in found if said]


def test_a_pointer_to_nothing_is_a_fault() -> None:
    here = ROOT / "docs" / "tour.md"
    assert fault("tests/house/nowhere.py", here)
    assert fault("tests/house/tree.py::nowhere", here)
    assert not fault("tests/house/tree.py::modules", here)


def test_prose_is_not_taken_for_a_pointer() -> None:
    assert not list(pointers("`flows.py` holds `decide()`; see `/privacy/proof`, [a](https://b.example)"))
    assert not list(pointers("```\ncat `x/y.py`\n```\n"))
    assert list(pointers("`src/a.py::B.c` and [d](d/e.md#f)")) == ["src/a.py::B.c", "d/e.md"]
