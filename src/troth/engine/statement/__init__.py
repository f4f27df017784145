"""The statement language: parse, check, compile, render and compare. See `spec/statement-language.md`."""

from .check import check
from .compare import Change, compare
from .compile import compile_statement
from .coverage import check_coverage
from .document import Clause, Document, Problem, Rule, StatementError, Topic, combine
from .names import PRACTICES
from .parse import LIMIT, load, parse
from .render import RenderedClause, RuleInWords, render, to_html

__all__ = [
    "LIMIT",
    "PRACTICES",
    "Change",
    "Clause",
    "Document",
    "Problem",
    "RenderedClause",
    "Rule",
    "RuleInWords",
    "StatementError",
    "Topic",
    "check",
    "check_coverage",
    "combine",
    "compare",
    "compile_statement",
    "load",
    "parse",
    "render",
    "to_html",
]
