"""Rule 8: the statement and the code speak of the same things."""

from tests.engine.statement.sample import policy
from troth.engine.statement import PRACTICES, Problem, check_coverage

MADE = policy(
    "collect contact at form\nallow use of contact for service by sales",
    "inform warning at desk",
    "about " + ", ".join(PRACTICES),
)
USED = [("collect", "contact.email"), ("use", "contact.name")]


def told(found: list[Problem], severity: str) -> list[str]:
    return [problem.message for problem in found if problem.severity == severity]


def test_code_and_statement_that_agree_leave_nothing_to_say() -> None:
    assert check_coverage(MADE, USED, ["form", "desk"], ["answering"]) == []


def test_code_without_a_clause_is_an_error() -> None:
    found = check_coverage(
        MADE, [*USED, ("use", "contact.nmae"), ("share", "contact")], ["form", "desk", "dsk"], ["joint"]
    )
    assert told(found, "error") == [
        "the code does `share` of `contact`, which no clause allows",
        "the code does `use` of `contact.nmae`, which no clause allows",
        "the code has the place `dsk`, which no clause names",
        "the code has the purpose `joint`, which no clause allows",
    ]
    assert [problem.advice for problem in found if "nmae" in problem.message] == [
        "did you mean `contact.name`?"
    ]


def test_a_clause_without_code_is_a_warning_at_the_clause() -> None:
    (one, two) = check_coverage(MADE, [], [])
    assert (one.clauses, one.severity, two.clauses) == (("a.n1",), "warning", ("a.n2",))
    assert "place `form`" in one.message
    assert "purpose `service`" in one.message
    assert one.line == MADE.clauses["a.n1"].line


def test_practices_that_no_clause_speaks_of_are_listed() -> None:
    found = check_coverage(policy("collect contact at form"), [("collect", "contact")], ["form"])
    missing = told(found, "warning")
    assert len(missing) == 8, "all but the first party's collection, and `other`, which needs no clause"
    assert "no clause speaks of how long data is kept" in missing
    assert len(PRACTICES) == 10
