"""The grammar of one rule. A rule is parsed alone, so a slip in one never hides a slip in the next."""

from __future__ import annotations

import difflib
import re

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

GRAMMAR = r"""
rule: define | collect | allow | deny | limit | keep | derive | promise | inform | about

define: "define" "category" NAME STRING because? items? over?     -> define_category
      | "define" "purpose" NAME STRING under?                     -> define_purpose
      | "define" "recipient" NAME STRING under?                   -> define_recipient
      | "define" "ground" NAME STRING never?                      -> define_ground
      | "define" "place" NAME STRING                              -> define_place
      | "define" "event" NAME STRING                              -> define_event
because: "because" STRING
items: "with" item ("," item)*
item: NAME STRING because?
over: "over" names
under: "under" NAME
never: "never" "with" names

collect: "collect" names tail*
allow: "allow" ACTION "of" names tail*
deny: "deny" (ACTION | COLLECT) "of" names tail*
limit: "limit" ACTION "of" names "to" names except?
?tail: at | for | by | with | requiring | given | once | except
at: "at" names
for: "for" names
by: "by" names
with: "with" names
requiring: "requiring" names
given: "given" together ("," together)*
together: NAME ("and" NAME)*
once: "once"
except: EXCEPT "to" (names | EVERY "denial")

keep: "keep" names bound? NUMBER UNIT "after" NAME
bound: "at" (MOST | LEAST)
derive: "derive" NAME "from" names
promise: "promise" NAME within?
within: "within" NUMBER UNIT
inform: "inform" names "at" names
about: "about" names

names: word ("," word)*
?word: NAME | ANYTHING | ANYONE

ACTION.2: /(use|share|join)(?![a-z0-9.-])/
COLLECT: "collect"
ANYTHING: "anything"
ANYONE: "anyone"
EVERY: "every"
MOST: "most"
LEAST: "least"
UNIT.2: /(days|weeks|months|years)(?![a-z0-9.-])/
EXCEPT.2: /,?\s*except(?![a-z0-9.-])/
NAME: /[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*/
NUMBER: /[0-9]{1,5}(?![a-z0-9.-])/
STRING: /"[^"\n]*"/
%ignore /\s+/
%ignore /#[^\n]*/
"""

# The basic lexer makes every word of the language reserved, so a rule reads the same wherever it stands.
_PARSER = Lark(GRAMMAR, parser="lalr", lexer="basic", start="rule", keep_all_tokens=False)

_ALTERNATIVES = {"ACTION": ("use", "share", "join"), "UNIT": ("days", "weeks", "months", "years")}
_IN_WORDS = {
    "NAME": "a name",
    "STRING": "text in double quotes",
    "NUMBER": "a number",
    "COMMA": "`,`",
    "$END": "the end of the rule",
}


class Slip(Exception):
    """A rule that does not follow the grammar; line and column count from 1 within the rule's own text."""

    def __init__(self, line: int, column: int, message: str, advice: str) -> None:
        super().__init__(message)
        self.line, self.column, self.message, self.advice = line, column, message, advice


def read_rule(text: str) -> Tree[Token]:
    """The syntax tree of one rule; raises `Slip`."""
    try:
        return _PARSER.parse(text)
    except UnexpectedToken as error:
        raise _unexpected_word(error, text) from None
    except UnexpectedCharacters as error:
        raise _unexpected_character(error, text) from None


def nearest(wrong: str, known: list[str]) -> str:
    """``did you mean `x`?`` when a known name is nearly `wrong`, otherwise an empty string."""
    close = difflib.get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else ""


def _literals(expected: set[str]) -> list[str]:
    """The words of the language among the terminals `expected`."""
    words: list[str] = []
    for terminal in _PARSER.terminals:
        if terminal.name not in expected or terminal.name in _IN_WORDS:
            continue
        words += _ALTERNATIVES.get(terminal.name, (terminal.pattern.value,))
    return sorted("except" if "except" in word else word for word in words)


def _choices(expected: set[str]) -> str:
    shown = [f"`{word}`" for word in _literals(expected)]
    shown += [_IN_WORDS[name] for name in sorted(expected) if name in _IN_WORDS]
    return "expected " + (shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " or " + shown[-1])


def _unexpected_word(error: UnexpectedToken, text: str) -> Slip:
    expected = set(error.expected)
    token = error.token
    if token.type == "$END":
        lines = text.rstrip().split("\n")
        return Slip(len(lines), len(lines[-1]) + 1, "the rule ends too early", _choices(expected))
    word = str(token).strip(", \n")
    if "NAME" in expected and re.fullmatch(r"[a-z-]+", word):
        message = f"`{word}` is a word of the language and cannot be a name"
        return Slip(token.line or 1, token.column or 1, message, "choose another name")
    advice = nearest(word, _literals(expected)) or _choices(expected)
    return Slip(token.line or 1, token.column or 1, f"`{word}` cannot stand here", advice)


def _unexpected_character(error: UnexpectedInput, text: str) -> Slip:
    line, column = error.line, error.column
    rest = text.split("\n")[line - 1][column - 1 :]
    if rest.startswith('"'):
        return Slip(line, column, "this text has no closing quote", 'end it with `"` on the same line')
    wrong = re.match(r"[^\s,\"]+", rest) or re.match(r".", rest)
    shown = wrong.group() if wrong else rest
    if shown[:1].isalpha() and shown.lower() != shown:
        return Slip(line, column, f"`{shown}` has capital letters", f"write `{shown.lower()}`")
    advice = "names have small letters, digits and hyphens, and begin with a letter"
    return Slip(line, column, f"`{shown}` is neither a name, a number nor quoted text", advice)
