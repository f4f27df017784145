"""The vectors of `spec/statement-language.md`."""

import json
from pathlib import Path
from typing import Any

import pytest

from troth.engine.policy import Permit
from troth.engine.statement import StatementError, check, compile_statement, parse

VECTORS = json.loads(Path("spec/vectors/statement.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["accepted"], ids=lambda case: case["name"])
def test_an_accepted_statement_decides_as_its_vector_says(case: dict[str, Any]) -> None:
    policy = compile_statement(parse(case["text"]))
    for asked in case["decisions"]:
        answer = policy.decide(*asked["cell"], frozenset(asked["grounds"]))
        told = "permit" if isinstance(answer, Permit) else "deny"
        assert (told, answer.clause) == (asked["answer"], asked["clause"]), asked


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["name"])
def test_a_refused_statement_has_the_problems_of_its_vector(case: dict[str, Any]) -> None:
    try:
        found = check(parse(case["text"]))
    except StatementError as error:
        found = error.problems
    told = [
        {"code": each.code, "severity": each.severity, "line": each.line, "column": each.column}
        for each in found
    ]
    assert told == case["problems"]


def test_the_example_of_the_specification_holds() -> None:
    page = Path("spec/statement-language.md").read_text(encoding="utf-8")
    example = page.split("````markdown\n")[1].split("````")[0]
    assert check(parse(example)) == []
    assert compile_statement(parse(example)).points("collect.contact") == ("contact-us",)


def test_every_code_of_the_specification_is_tried_and_every_code_is_specified() -> None:
    page = Path("spec/statement-language.md").read_text(encoding="utf-8")
    specified = {line.split("|")[1].strip() for line in page.split("\n") if line.startswith("| S")}
    tried = {problem["code"] for case in VECTORS["refused"] for problem in case["problems"]}
    assert specified - tried == {"S08", "S11", "S25"}, "these need code, an older version, a file too large"
    assert not tried - specified
