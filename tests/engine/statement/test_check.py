"""The rules of the checker, each broken and each kept."""

from pathlib import Path

import pytest

from tests.engine.statement.sample import DEFINITIONS, codes, problems
from troth.engine.statement import StatementError, check, compile_statement, load, parse

TEN = Path(__file__).with_name("ten-contradictions.md")
ALLOW = "allow use of contact for answering by sales"


def test_ten_planted_contradictions_give_ten_problems_and_nothing_else() -> None:
    assert [(problem.code, problem.clauses) for problem in check(load(TEN))] == [
        ("S01", ("one.same", "one.denied")),
        ("S02", ("two.narrow", "two.broad")),
        ("S03", ("three.broad", "three.narrow")),
        ("S04", ("four.part", "four.other")),
        ("S05", ("five.grounds", "five.other")),
        ("S06", ("six.unsaid",)),
        ("S07", ("seven.redefined",)),
        ("S09", ("nine.derived",)),
        ("S10", ("ten.long", "ten.limit")),
        ("S10", ("ten.short", "ten.hold")),
    ]


def test_a_statement_with_errors_does_not_compile() -> None:
    with pytest.raises(StatementError) as caught:
        compile_statement(load(TEN))
    assert len(caught.value.problems) == 9, "all but the warning"


def test_a_plain_permission_is_no_problem() -> None:
    assert codes(ALLOW, "deny use of contact for promotion", "deny share of contact") == []


@pytest.mark.parametrize(
    ("denial", "code"),
    [
        ("deny use of contact for answering by sales", "S01"),
        ("deny use of contact", "S02"),
        ("deny use of contact by anyone", "S02"),
        ("deny use of anything for service", "S02"),
        ("deny use of customers for answering by sales", "S02"),
        ("deny use of contact for answering by staff", "S02"),
        ("limit use of contact to billing", "S02"),
        ("limit use of customers to billing", "S02"),
        ("deny use of contact.phone", "S03"),
        ("deny use of contact.phone for answering by sales", "S03"),
        ("limit use of contact.phone to billing", "S03"),
        ("deny use of contact.phone for service", "S04"),
        ("deny use of contact.phone for answering by staff", "S04"),
    ],
)
def test_a_permission_that_meets_a_denial_is_told(denial: str, code: str) -> None:
    (problem,) = problems(ALLOW, denial)
    assert (problem.code, problem.clauses) == (code, ("a.n1", "a.n2"))
    assert problem.severity == ("warning" if code == "S03" else "error")


@pytest.mark.parametrize(
    "denial", ["deny use of contact", "deny use of contact.phone", "deny use of contact for service"]
)
def test_an_exception_settles_it(denial: str) -> None:
    assert codes(ALLOW + ", except to a.n2", denial) == []


def test_an_exception_to_another_clause_settles_nothing() -> None:
    assert codes(ALLOW + ", except to a.n3", "deny use of contact", "deny use of contact") == ["S02"]


def test_a_narrow_denial_may_be_written_as_the_exception() -> None:
    assert codes(ALLOW, "deny use of contact.phone, except to a.n1") == []
    assert codes(ALLOW + "\ndeny use of contact.phone") == [], "one clause says both"
    assert codes(ALLOW, "deny use of contact, except to a.n1") == ["S02"], "that would leave nothing"


def test_the_smallest_common_cell_is_the_example() -> None:
    (problem,) = problems(
        "allow use of customers for answering by staff", "deny use of contact for service by sales"
    )
    assert "`contact` for `answering` by `sales`" in problem.message


def test_what_is_limited_elsewhere_is_told_with_the_purpose() -> None:
    (problem,) = problems("allow use of payment for service by sales", "limit use of payment to answering")
    assert "for `service`" in problem.message
    assert "limits it to other purposes" in problem.message
    assert codes("allow use of payment for answering by sales", "limit use of payment to service") == []


def test_grounds_that_never_hold_together_are_no_contradiction() -> None:
    def both(first: str, second: str) -> list[str]:
        return codes(f"{ALLOW} given {first}", f"deny use of contact given {second}")

    assert both("order", "no-order") == []
    assert both("order", "enquiry") == ["S05"]
    assert both("order, enquiry", "no-order") == ["S05"]
    assert both("order and enquiry", "no-order") == []
    assert codes(f"{ALLOW} given order and no-order") == ["S05"]


@pytest.mark.parametrize(
    "rule",
    [
        "allow use of contact",
        "allow use of contact for answering",
        "allow use of contact by sales",
        "allow share of contact for answering",
        "collect contact",
        "allow use of anything for answering by sales",
    ],
)
def test_a_permission_says_what_for_and_to_whom(rule: str) -> None:
    assert codes(rule) == ["S06"]


def test_anything_with_a_ground_is_allowed() -> None:
    assert codes("allow use of anything for answering by sales given order") == []


def test_one_clause_may_stand_above_every_denial() -> None:
    legal = "allow use of anything for billing by staff given order, except to every denial"
    assert codes(legal, "deny use of contact") == []
    assert codes(legal, "deny use of contact", legal) == ["S02"]
    assert codes("allow use of contact for billing by staff, except to every denial") == ["S06"]


def test_a_term_means_one_thing() -> None:
    assert codes('define category contact "C" with name "N"') == ["S07"]
    assert codes('define purpose billing "other"') == ["S07"]
    assert codes('define category logs2 "L" over logs.address') == ["S07"], "an item has its parent already"
    assert codes('define category mine "M" over contact') == ["S07"]


def test_nothing_lies_under_itself() -> None:
    rules = 'define purpose one "1" under two\ndefine purpose two "2" under one'
    assert codes(rules) == ["S28"]
    assert codes('define purpose one "1" under one') == ["S28"]


DERIVED = "collect logs at form\nderive person-place from logs.address"


def test_what_can_be_derived_needs_its_own_word() -> None:
    assert codes(DERIVED) == ["S09"]
    assert codes(DERIVED, "deny collect of person-place") == ["S09"], "it is worked out, not collected"
    assert codes(DERIVED, "deny use of person-place") == []
    assert codes(DERIVED, "allow use of person-place for service by staff") == []
    assert codes("derive person-place from logs.address") == [], "nobody holds the address"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("12 months", "at most 90 days", ["S10"]),
        ("3 months", "at most 90 days", ["S10"]),
        ("12 weeks", "at most 90 days", []),
        ("1 years", "at least 2 years", ["S10"]),
        ("2 years", "at least 24 months", []),
        ("at least 2 years", "at most 1 years", ["S10"]),
        ("1 years", "12 months", []),
        ("1 years", "2 years", ["S10"]),
    ],
)
def test_periods_agree(first: str, second: str, expected: list[str]) -> None:
    keep = "keep contact {} after last-contact"
    assert codes(keep.format(first), keep.format(second)) == expected
    assert codes(keep.format(second), keep.format(first)) == expected


def test_a_nearer_keep_governs_its_category() -> None:
    broad, near = "keep logs 1 years after last-contact", "keep logs.address 7 days after last-contact"
    limit = "keep logs.address at most 10 days after last-contact"
    assert codes(broad, limit) == ["S10"]
    assert codes(broad, near, limit) == []


def test_periods_from_different_events_are_a_warning() -> None:
    other = 'define event sale "the sale"\nkeep contact at most 1 days after sale'
    (problem,) = problems("keep contact 9 days after last-contact", other)
    assert (problem.code, problem.severity) == ("S10", "warning")


@pytest.mark.parametrize(
    ("rule", "column", "advice"),
    [
        ("allow use of contcat for answering by sales", 14, "did you mean `contact`?"),
        ("allow use of contact.fone for answering by sales", 14, "did you mean `contact.phone`?"),
        ("allow use of contact for answring by sales", 26, "did you mean `answering`?"),
        ("allow use of contact for answering by sale", 39, "did you mean `sales`?"),
        ("allow use of contact for answering by sales given enqiry", 51, "did you mean `enquiry`?"),
        ("allow use of contact for answering by sales, except to a.m1", 56, "did you mean `a.n1`?"),
        ("collect contact at fom", 20, "did you mean `form`?"),
        ("keep contact 1 days after last-contct", 27, "did you mean `last-contact`?"),
        ("allow use of contact for sales by sales", 26, "`sales` is a recipient"),
        ("allow use of zebra for answering by sales", 14, "define it: `define category zebra"),
        ("about data-retension", 7, "did you mean `data-retention`?"),
        ("inform x at dsk", 13, "did you mean `desk`?"),
    ],
)
def test_an_unknown_name_is_one_problem_with_a_suggestion(rule: str, column: int, advice: str) -> None:
    (problem,) = problems(rule)
    assert (problem.code, problem.column) == ("S21", column)
    assert advice in problem.advice


def test_collecting_needs_a_collector() -> None:
    words = '```rules\ndefine category x "X"\ndefine place p "P"\n```'
    source = f"# T\n{words}\n### C {{#c}}\n```rules\ncollect x at p\n```\n"
    (problem,) = check(parse(source))
    assert problem.code == "S21"
    assert "define recipient company" in problem.advice


def test_what_is_required_is_collected() -> None:
    assert codes("collect contact.name at form requiring contact.email") == ["S30"]
    assert codes("collect contact at form requiring contact.email") == []


def test_an_exception_that_opens_nothing_is_a_warning() -> None:
    (problem,) = problems(ALLOW + ", except to a.n2", "deny share of contact")
    assert (problem.code, problem.severity) == ("S29", "warning")


def test_problems_stand_in_the_order_of_the_file() -> None:
    found = problems("allow use of contact", "allow use of zebra for answering by sales", "allow use of logs")
    assert [problem.code for problem in found] == ["S06", "S21", "S06"]
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_definitions_alone_are_no_problem() -> None:
    assert check(parse(DEFINITIONS)) == []
