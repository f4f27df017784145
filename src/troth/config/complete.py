"""What `company.toml` has to say, looked at before anything is made of it: one line names what is missing or wrong.

A kind is `str`, `int`, `bool` or `list`; a key that may be left out has a `?`.
"""

from collections.abc import Iterator
from typing import Any

Shape = dict[str, type]

TABLES: dict[str, Shape] = {
    "company": {
        "name": str, "line": str, "foot": str, "country": str, "region": str, "language": str, "email": str,
        "privacy-email": str, "security-email": str, "phone": str, "address": list, "legal-name?": str, "timezone?": str,
    },
    "hosts.company": {"name": str, "linked": bool},
    "hosts.community": {"name": str, "linked": bool},
    "hosts.workspace": {"name": str, "linked": bool},
    "contact-us": {"topics": list},
    "prices": {"year-months": int},
    "mail": {"carrier": str, "country": str, "from-name": str, "from-email": str},
}  # fmt: skip
LISTS: dict[str, Shape] = {
    "services": {"id": str, "name": str, "line": str, "collections": list, "clauses": list},
    "plans": {"id": str, "name": str, "currency": str, "from": int, "base": int, "each": int, "up-to?": int},
    "taxes?": {"country": str, "name": str, "rate": int},
    "staff?": {"role": str, "title": str, "name": str, "email": str, "country": str},
}  # fmt: skip
WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


def faults(data: dict[str, Any]) -> Iterator[str]:
    """What is missing or of another kind, as one line each: what, where, and what to do."""
    for name, shape in TABLES.items():
        table: Any = data
        for part in name.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            yield f"[{name}] is missing; `troth init` writes a file that has it"
        else:
            yield from _of(f"[{name}]", table, shape)
    for name, shape in LISTS.items():
        rows = data.get(name.rstrip("?"), [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            yield f"`{name.rstrip('?')}` is no list of tables; write each as [[{name.rstrip('?')}]]"
            continue
        if not rows and not name.endswith("?"):
            yield f"there is no [[{name}]]; write at least one"
        for number, row in enumerate(rows, 1):
            yield from _of(f"[[{name.rstrip('?')}]] number {number}", row, shape)


def _of(where: str, table: dict[str, Any], shape: Shape) -> Iterator[str]:
    for key, kind in shape.items():
        name = key.rstrip("?")
        if name not in table:
            if not key.endswith("?"):
                yield f"{where} has no `{name}`; add {WORDS[kind]}"
        elif not isinstance(table[name], kind) or (kind is int and isinstance(table[name], bool)):
            yield f"{where}: `{name}` is not {WORDS[kind]}; correct it"
