"""The tree of the house, as the tests of the house read it."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "troth"
NOT_OURS = {".git", "__pycache__", "node_modules", "var", "results"}


def modules(root: Path = SOURCE) -> list[Path]:
    """Each Python module under `root` but the migrations, which Django writes."""
    return sorted(path for path in root.rglob("*.py") if "migrations" not in path.parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def lines(path: Path) -> int:
    """How many lines of `path` are not blank."""
    return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip())


def files() -> list[Path]:
    """Each file that is, or would be, committed."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return sorted(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not _is_foreign(path))


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return bool(NOT_OURS & set(parts)) or any(part.startswith((".venv", ".mypy", ".ruff")) for part in parts)


def texts() -> Iterator[tuple[Path, str]]:
    """Each text file that is, or would be, committed, and what is in it."""
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a vector of broken bytes


def shown(path: Path) -> str:
    """`path` as a person would name it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
