"""What the page shows: prose without tricks, rules in words."""

import json
from html import escape
from pathlib import Path

import pytest

from troth.engine.statement import parse, render, to_html

WORDS = json.loads(Path("spec/vectors/statement-words.json").read_text(encoding="utf-8"))


def test_it_works() -> None:
    (clause,) = render(parse("# T\n## Topic\n### Title {#a.b .added}\nProse *here*.\n"))
    assert (clause.id, clause.title, clause.topic, clause.added) == ("a.b", "Title", "Topic", True)
    assert clause.html == "<p>Prose <em>here</em>.</p>\n"
    assert clause.rules == ()


@pytest.mark.parametrize(
    "prose",
    ["<script>alert(1)</script>", "a <img src=x onerror=y>", "[x](javascript:alert)", "<b onclick=x>b</b>"],
)
def test_prose_brings_no_html_of_its_own(prose: str) -> None:
    html = to_html(prose)
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    assert "<b" not in html


@pytest.mark.parametrize(
    "tag", ["{{ settings.TOKEN }}", "{% include base.html %}", "{0.real}", "${7}", "%(x)s"]
)
def test_what_a_template_would_fill_in_stands_as_it_was_written(tag: str) -> None:
    (clause,) = render(parse(f"# T\n## Topic\n### Title {{#a.b}}\nProse {tag} here.\n"))
    assert clause.html == f"<p>Prose {escape(tag)} here.</p>\n"


@pytest.mark.parametrize("case", WORDS["cases"], ids=lambda case: case["rule"])
def test_each_rule_has_its_words(case: dict[str, str]) -> None:
    source = f"{WORDS['definitions']}\n### Clause 1 {{#a.n1}}\n```rules\n{case['rule']}\n```\n"
    (clause,) = render(parse(source))
    assert clause.rules[0].words == case["words"]
    assert clause.rules[0].source == case["rule"]
