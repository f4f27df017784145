"""A `company.toml` that is not complete is refused with one line: what, where, and what to do."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT
from troth.config.complete import LISTS, TABLES, faults
from troth.config.environment import SettingError, company

SAMPLE: dict[str, Any] = tomllib.loads((ROOT / "company.toml").read_text(encoding="utf-8"))
NEEDED = [(name, key) for name, shape in TABLES.items() for key in shape if not key.endswith("?")]
IN_ROWS = [(name, key) for name, shape in LISTS.items() for key in shape if not key.endswith("?")]


def inside(data: dict[str, Any], name: str) -> dict[str, Any]:
    for part in name.split("."):
        data = data[part]
    return data


def test_the_samples_is_complete() -> None:
    assert not list(faults(SAMPLE))


@pytest.mark.parametrize(("name", "key"), NEEDED)
def test_a_key_that_is_missing_or_of_another_kind_is_named(name: str, key: str) -> None:
    wrong = copy.deepcopy(SAMPLE)
    del inside(wrong, name)[key]
    assert [fault for fault in faults(wrong) if f"[{name}]" in fault and f"`{key}`" in fault]
    inside(wrong, name)[key] = {"another": "kind"}
    assert [fault for fault in faults(wrong) if f"`{key}` is not" in fault]


@pytest.mark.parametrize(("name", "key"), IN_ROWS)
def test_a_row_of_a_list_is_named_by_its_number(name: str, key: str) -> None:
    wrong, name = copy.deepcopy(SAMPLE), name.rstrip("?")
    del wrong[name][-1][key]
    assert [
        fault for fault in faults(wrong) if f"[[{name}]] number {len(wrong[name])} has no `{key}`" in fault
    ]


@pytest.mark.parametrize("name", ["company", "hosts", "mail", "prices", "contact-us", "services", "plans"])
def test_a_section_that_is_missing_stops_the_start_with_one_line(tmp_path: Path, name: str) -> None:
    text = (ROOT / "company.toml").read_text(encoding="utf-8")
    kept, is_in = [], False
    for line in text.splitlines():
        if line.startswith("["):
            is_in = line.strip("[]").split(".")[0] == name
        if not is_in:
            kept.append(line)
    path = tmp_path / "company.toml"
    path.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(SettingError) as refused:
        company(path)
    assert name in str(refused.value) and "\n" not in str(refused.value) and str(path) in str(refused.value)
