"""From the text of a statement to a `Document`. Every problem of form in the file is reported at once."""

from __future__ import annotations

import difflib
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .document import Clause, Define, Document, Problem, Rule, Spot, StatementError, Topic, problem_at
from .grammar import Slip
from .rules import Reader

LIMIT = 256 * 1024
"""The largest statement, in bytes."""

_HEADING = re.compile(r"^(?P<title>.*?)\s*\{#(?P<id>[^\s}]*)(?P<marks>[^}]*)\}\s*#*\s*$")
_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*")
# Control characters and marks that turn the reading direction: what is read must be what is enforced.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff]")


def load(path: str | Path) -> Document:
    """Read and parse the statement at `path`. Raises `StatementError`, and `OSError` if it cannot be read."""
    path = Path(path)
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise StatementError([_too_large(path.name)])
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        spot = Spot(path.name, before.count(b"\n") + 1, column)
        advice = "save it as UTF-8 without a byte order mark"
        raise StatementError([problem_at(spot, "S26", "the file is not UTF-8 text", advice)]) from None
    return parse(text, path.name)


def parse(text: str, file: str = "statement.md") -> Document:
    """Parse a statement. Raises `StatementError` with every problem of form found in the file."""
    data = text.encode()
    if len(data) > LIMIT:
        raise StatementError([_too_large(file)])
    reading = _Reading(file, hashlib.sha256(data).hexdigest(), text.replace("\r\n", "\n").split("\n"))
    reading.look_for_hidden()
    for token in MarkdownIt("commonmark", {"html": False}).parse("\n".join(reading.lines)):
        reading.take(token)
    document = reading.finish()
    if reading.problems:
        raise StatementError(reading.problems)
    return document


def _too_large(file: str) -> Problem:
    message = f"the statement is larger than {LIMIT // 1024} KiB"
    return problem_at(Spot(file, 1), "S25", message, "shorten it, or check that this is the right file")


@dataclass
class _Section:
    """The lines from one heading to the next, numbered from 0; `blocks` are its rules blocks (first, end)."""

    level: int
    title: str
    start: int
    body: int
    end: int = 0
    id: str = ""
    added: bool = False
    blocks: list[tuple[int, int]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


class _Reading:
    def __init__(self, file: str, version: str, lines: list[str]) -> None:
        self.file, self.version, self.lines = file, version, lines
        self.problems: list[Problem] = []
        self.sections = [_Section(0, "", 0, 0)]

    def look_for_hidden(self) -> None:
        for number, line in enumerate(self.lines):
            if found := _HIDDEN.search(line):
                message = f"this line has the hidden character U+{ord(found.group()):04X}"
                self._report(
                    "S26", number, found.start(), message, "delete it, and save the file as UTF-8 text"
                )

    def take(self, token: Token) -> None:
        """Note a heading or a rules block; everything else is prose."""
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2", "h3"):
            self._heading(token)
        elif token.type == "fence":
            self._fence(token)

    def finish(self) -> Document:
        self.sections[-1].end = len(self.lines)
        titles = [section for section in self.sections if section.level == 1]
        if len(titles) != 1:
            line = titles[1].start if titles else 0
            self._report(
                "S31", line, 0, "a statement has one title", "write it once, as `# Title`, at the top"
            )
        topics: list[Topic] = []
        clauses: list[Clause] = []
        for section in self.sections:
            if section.level == 2:
                topics.append(Topic(section.title, self._prose(section), section.start + 1))
            elif section.level == 3:
                clauses.append(self._clause(section, topics[-1].title if topics else ""))
        self._look_for_repeated(clauses)
        before = [section for section in self.sections if section.level < 3]
        prose = "\n\n".join(filter(None, (self._prose(each) for each in before if each.level < 2)))
        opening = tuple(rule for section in before for rule in section.rules)
        title = titles[0].title if titles else ""
        return Document(self.file, title, self.version, prose, tuple(topics), tuple(clauses), opening)

    def _report(self, code: str, line: int, column: int, message: str, advice: str, *clauses: str) -> None:
        spot = Spot(self.file, line + 1, column + 1)
        self.problems.append(problem_at(spot, code, message, advice, *clauses))

    def _heading(self, token: Token) -> None:
        start, end = token.map or [0, 0]
        self.sections[-1].end = start
        raw = self.lines[start]
        section = _Section(int(token.tag[1]), raw.strip().strip("#").strip(), start, end)
        if section.level == 3:
            self._read_id(section, raw)
        self.sections.append(section)

    def _read_id(self, section: _Section, raw: str) -> None:
        found = _HEADING.match(raw.strip().lstrip("#").strip())
        if not found or not _ID.fullmatch(found["id"]):
            column = raw.rfind("{") if "{" in raw else len(raw.rstrip())
            message = (
                "this clause has no id" if not found else f"`{found['id']}` cannot be the id of a clause"
            )
            advice = "end the heading with an id in small letters, as `{#topic.clause}`"
            self._report("S23", section.start, column, message, advice)
            return
        section.title, section.id = found["title"], found["id"]
        marks = found["marks"].split()
        section.added = ".added" in marks
        for mark in set(marks) - {".added"}:
            advice = "the only mark is `.added`, for what the company adds of its own"
            self._report("S23", section.start, raw.rfind(mark), f"`{mark}` is not a mark of a clause", advice)

    def _fence(self, token: Token) -> None:
        start, end = token.map or [0, 0]
        info = token.info.strip()
        if info != "rules":
            if difflib.get_close_matches(info.lower(), ["rules"], cutoff=0.7):
                self._report(
                    "S24", start, 0, f"`{info}` does not begin a block of rules", "did you mean `rules`?"
                )
            return
        if not self.lines[start].startswith(token.markup):
            advice = "move it to the left margin, outside any list or quotation"
            self._report("S24", start, 0, "a block of rules is indented", advice)
        elif end - start < 2 or not re.fullmatch(re.escape(token.markup) + r"[`~]*\s*", self.lines[end - 1]):
            advice = f"close it with a line of {token.markup} and nothing else"
            self._report("S24", start, 0, "this block of rules is never closed", advice)
        else:
            self.sections[-1].blocks.append((start, end))
            self._rules(start + 1, end - 1)

    def _rules(self, start: int, end: int) -> None:
        """Read the rules on these lines: a line at the margin begins one, an indented line continues it."""
        begun: int | None = None
        last = start
        for number in range(start, end):
            line = self.lines[number]
            if not line.strip() or line.startswith("#"):
                continue
            if not line[0].isspace():
                if begun is not None:
                    self._rule(begun, last + 1)
                begun = number
            elif begun is None:
                column = len(line) - len(line.lstrip())
                self._report(
                    "S20", number, column, "this line continues no rule", "begin a rule at the left margin"
                )
                return
            last = number
        if begun is not None:
            self._rule(begun, last + 1)

    def _rule(self, start: int, end: int) -> None:
        source = "\n".join(self.lines[start:end])
        section = self.sections[-1]
        try:
            rule = Reader(source, Spot(self.file, start + 1)).rule()
        except Slip as slip:
            clauses = (section.id,) if section.id else ()
            self._report("S20", start + slip.line - 1, slip.column - 1, slip.message, slip.advice, *clauses)
            return
        if section.level < 3 and not isinstance(rule, Define):
            advice = "only definitions may stand here: move it under the heading of its clause"
            self._report("S27", start, 0, "this rule belongs to no clause", advice)
        section.rules.append(rule)

    def _prose(self, section: _Section) -> str:
        taken = {number for first, end in section.blocks for number in range(first, end)}
        lines = [self.lines[number] for number in range(section.body, section.end) if number not in taken]
        return "\n".join(lines).strip()

    def _clause(self, section: _Section, topic: str) -> Clause:
        return Clause(
            section.id,
            section.title,
            topic,
            self._prose(section),
            tuple(section.rules),
            section.added,
            section.start + 1,
            self.file,
        )

    def _look_for_repeated(self, clauses: list[Clause]) -> None:
        lines: dict[str, int] = {}
        for clause in clauses:
            if clause.id and clause.id in lines:
                message = f"the id `{clause.id}` was taken on line {lines[clause.id]}"
                column = self.lines[clause.line - 1].rfind(clause.id)
                self._report(
                    "S22", clause.line - 1, column, message, "give this clause an id of its own", clause.id
                )
            lines.setdefault(clause.id, clause.line)
