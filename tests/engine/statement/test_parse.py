"""Form: what a statement is made of, and what each kind of bad input gets."""

from pathlib import Path

import pytest

from tests.engine.statement.sample import DEFINITIONS, problems, text
from troth.engine.statement import LIMIT, StatementError, combine, load, parse

LINES = DEFINITIONS.count("\n")


def refused(source: str) -> list[str]:
    with pytest.raises(StatementError) as caught:
        parse(source)
    return [str(problem) for problem in caught.value.problems]


def test_it_works() -> None:
    document = parse(
        "# Title\n\nOpening.\n\n## Topic\n\nOf it.\n\n### First {#a.first .added}\n\nProse *here*.\n"
    )
    (clause,) = document.clauses
    assert (document.title, document.prose, document.topics[0].title) == ("Title", "Opening.", "Topic")
    assert (clause.id, clause.title, clause.topic, clause.prose) == (
        "a.first",
        "First",
        "Topic",
        "Prose *here*.",
    )
    assert clause.added
    assert clause.line == 9


def test_prose_and_rules_are_kept_apart() -> None:
    (clause,) = parse("# T\n### C {#c}\nBefore.\n\n```rules\npromise x\n```\n\nAfter.\n").clauses
    assert clause.prose == "Before.\n\n\nAfter."
    assert [rule.source for rule in clause.rules] == ["promise x"]


def test_an_indented_line_continues_a_rule_and_comments_are_left_out() -> None:
    rules = "promise answers # soon\n# a note\n   within\n\n   90 days\npromise other"
    (clause,) = parse(text(rules)).clauses
    assert [rule.spot.line for rule in clause.rules] == [LINES + 5, LINES + 10]


def test_a_number_sign_inside_quotes_is_no_comment() -> None:
    rule = next(parse('# T\n```rules\ndefine place x "Room #4"\n```').rules())[1]
    assert rule.label == "Room #4"  # type: ignore[attr-defined]


def test_other_code_blocks_are_prose() -> None:
    (clause,) = parse("# T\n### C {#c}\n```\nallow nothing\n```\n").clauses
    assert not clause.rules
    assert "allow nothing" in clause.prose


def test_the_version_is_the_hash_of_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "statement.md"
    file.write_bytes(b"# T\r\n")
    assert load(file).version == parse("# T\r\n").version != parse("# T\n").version


def test_windows_line_ends_change_nothing_but_the_version() -> None:
    plain, windows = parse(text("promise x")), parse(text("promise x").replace("\n", "\r\n"))
    assert plain.clauses == windows.clauses


@pytest.mark.parametrize(
    ("rule", "column", "message", "advice"),
    [
        ("alow use of contact", 1, "`alow` cannot stand here", "did you mean `allow`?"),
        ("allow uze of contact", 7, "`uze` cannot stand here", "did you mean `use`?"),
        ("keep contact 3 monhts after x", 16, "`monhts` cannot stand here", "did you mean `months`?"),
        ("allow use of contact for", 25, "the rule ends too early", "expected"),
        ("allow use of Contact for a by b", 14, "`Contact` has capital letters", "write `contact`"),
        ('define place x "abc', 16, "this text has no closing quote", "same line"),
        ('define place at "x"', 14, "`at` is a word of the language", "choose another name"),
        ("allow use of contact for a by b by c", 36, "`by` is said twice", "comma"),
        ("allow share of contact for a by b", 33, "`share` has no `by`", "with `with`"),
        ("collect contact for a", 21, "`collect` has no `for`", "write `at`"),
        ("deny use of contact requiring name", 31, "`use` has no `requiring`", "leave it out"),
        ("promise x!", 10, "`!` is neither", "small letters"),
    ],
)
def test_a_slip_is_shown_where_it_is_with_what_to_do(
    rule: str, column: int, message: str, advice: str
) -> None:
    (problem,) = problems(rule)
    assert (problem.code, problem.line, problem.column, problem.clauses) == (
        "S20",
        LINES + 5,
        column,
        ("a.n1",),
    )
    assert message in problem.message
    assert advice in problem.advice


def test_a_slip_in_a_continuation_line_is_shown_there() -> None:
    (problem,) = problems("allow use of contact\n    for answering\n    bye sales")
    assert (problem.line, problem.column, problem.advice) == (LINES + 7, 5, "did you mean `by`?")


def test_every_slip_is_reported_at_once() -> None:
    assert [problem.line - LINES for problem in problems("alow x\npromise y\nkep z")] == [5, 7]


def test_an_error_reads_as_file_line_column() -> None:
    assert refused("# T\n### C {#c}\n```rules\nalow\n```") == [
        "statement.md:4:1: error S20: `alow` cannot stand here; did you mean `allow`?"
    ]


def test_an_id_is_taken_once() -> None:
    (told,) = refused("# T\n### A {#a.x}\n### B {#a.x}\n")
    assert "statement.md:3:9: error S22: the id `a.x` was taken on line 2" in told


@pytest.mark.parametrize("heading", ["### No id", "### Bad {#A.b}", "### Bad {#}", "### Mark {#a .new}"])
def test_a_clause_needs_a_plain_id(heading: str) -> None:
    (told,) = refused(f"# T\n{heading}\n")
    assert "error S23" in told
    assert told.startswith("statement.md:2:")


def test_an_unclosed_block_is_one_problem() -> None:
    (told,) = refused("# T\n\n### A {#a}\n\n```rules\npromise x\n\n### B {#b}\n\nProse.\n")
    assert told.startswith("statement.md:5:1: error S24: this block of rules is never closed; close it with")


@pytest.mark.parametrize("block", ["- x\n\n  ```rules\n  promise x\n  ```", "> ```rules\n> promise x\n> ```"])
def test_rules_that_would_be_shown_but_not_enforced_are_refused(block: str) -> None:
    (told,) = refused(f"# T\n### A {{#a}}\n{block}\n")
    assert "error S24: a block of rules is indented" in told


@pytest.mark.parametrize("info", ["rule", "Rules", "ruls"])
def test_a_misspelled_block_is_no_silent_prose(info: str) -> None:
    (told,) = refused(f"# T\n### A {{#a}}\n```{info}\npromise x\n```\n")
    assert "S24" in told
    assert "did you mean `rules`?" in told


def test_only_definitions_stand_outside_clauses() -> None:
    (told,) = refused("# T\n```rules\npromise x\n```\n")
    assert told.startswith("statement.md:3:1: error S27")


@pytest.mark.parametrize("source", ["Prose only.\n", "# One\n\n# Two\n"])
def test_a_statement_has_one_title(source: str) -> None:
    (told,) = refused(source)
    assert "error S31" in told


def test_a_file_too_large_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "statement.md"
    file.write_bytes(b"x" * 1_000_000)
    with pytest.raises(StatementError, match=r"statement\.md:1:1: error S25: .*256 KiB"):
        load(file)
    assert refused("é" * (LIMIT // 2 + 1))[0].startswith("statement.md:1:1: error S25")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("# Tä\nü\n".encode("latin-1"), "1:4"),
        (b"# T\nab\xff\n", "2:3"),
        ("# T\n".encode("utf-16"), "1:1"),
        ("# T\n".encode("utf-8-sig"), "1:1"),
        ("# T\n".encode("utf-16-be"), "1:1"),
        ("# T\nleft\u202eright\n".encode(), "2:5"),
    ],
)
def test_a_wrong_encoding_is_refused_where_it_shows(tmp_path: Path, data: bytes, place: str) -> None:
    file = tmp_path / "statement.md"
    file.write_bytes(data)
    with pytest.raises(StatementError) as caught:
        load(file)
    assert str(caught.value).startswith(f"statement.md:{place}: error S26")
    assert "UTF-8" in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.md")


def test_an_agreement_may_define_what_the_statement_uses() -> None:
    statement = parse("# S\n### A {#a}\n```rules\ninform x at desk\n```\n")
    agreement = parse('# G\n```rules\ndefine place desk "Desk"\n```\n### B {#b}\n', "agreement.md")
    both = combine(statement, agreement)
    assert [clause.id for clause in both.clauses] == ["a", "b"]
    assert both.version not in (statement.version, agreement.version)
