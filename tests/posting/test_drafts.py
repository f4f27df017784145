"""What is found in a draft, what is taken out of it, and what becomes of its Markdown."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.posting.drafts import check_draft, warning
from troth.posting.text import TAGS, as_read, cleaned, cleaned_line, rendered


class Elements(HTMLParser):
    """What a browser would make of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.names, self.attributes = set[str](), dict[str, str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name: value or "" for name, value in attrs}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to alice@archer.example please", "e-mail address"),
        ("alice [at] archer.example, any time", "e-mail address"),
        ("Alice+kiln@mail.archer.example.", "e-mail address"),
        ("Call +44 20 7946 0018 after six", "telephone number"),
        ("(202) 555-0142 is mine", "telephone number"),
        ("I live at 12 Old Kiln Lane, come by", "postal address"),
        ("Ofenstraße 7a, behind the church", "postal address"),
        ("It is in SW1A 2AA somewhere", "postal address"),
    ],
)
def test_ways_to_reach_somebody_are_found_and_named(text: str, what: str) -> None:
    (found,) = check_draft(text)
    assert found.what == what and text[found.start : found.end] == found.words


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to alice&#64;archer.example please", "e-mail address"),
        ("Call +44 20 &#55;946 0018 after six", "telephone number"),
        ("I live at 12 *Old* Kiln Lane, come by", "postal address"),
    ],
)
def test_what_only_readers_will_see_is_found_too(text: str, what: str) -> None:
    assert what in [each.what for each in check_draft(text)]


def test_what_is_written_and_read_alike_is_named_once() -> None:
    (found,) = check_draft("Write to *alice@archer.example*\nplease & thank you")
    assert found.words == "alice@archer.example"


@pytest.mark.parametrize(
    "text",
    ["It fired for 12 hours at 1,240 degrees.", "See page 7 of the second part.", "Version 3.11.2 at last",
     "In 2024 we made 12,000 pots, 40 a day", "@alice, what do you think?", "The place is 5 minutes away"],
)  # fmt: skip
def test_an_ordinary_sentence_is_left_alone(text: str) -> None:
    assert not check_draft(text)


@pytest.mark.parametrize(
    "text", ["1 " * 4_000, "9" * 10_000, "a@" * 5_000, "a.a" * 3_000, "+1202" * 2_000, "A b " * 2_500]
)
def test_a_text_made_to_be_slow_is_looked_through_all_the_same(text: str) -> None:
    began = time.process_time()
    check_draft(text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("pay\u202egnp.exe", "paygnp.exe"), ("pa\u200byp\u2060al", "paypal"), ("a\u200db", "ab"), ("1\u200c2", "12"),
        ("me\u0336\u0336\u0336\u0336\u0336\u0336", "me\u0336\u0336\u0336"), ("x\x00y\x1bz", "xyz"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"), ("a\n\n\n\n\n\n\nb", "a\n\n\nb"),
        ("\U000e0041\U000e0042tag", "tag"), ("so\u00adft", "soft"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("\U0001f469\u200d\U0001f33e", "\U0001f469\u200d\U0001f33e"),
    ],
    ids=["bidi", "zero width", "joiner", "digits", "heap", "controls", "breaks", "empty lines", "tags", "hyphen",
         "persian", "emoji"],
)  # fmt: skip
def test_what_nobody_can_see_is_taken_out(text: str, left: str) -> None:
    assert cleaned(text) == left


@pytest.mark.parametrize("mark", [0x0C, 0xAD, 0x202E, 0x200B, 0xE0041, 0x1B], ids=hex)
def test_what_nobody_can_see_does_not_come_back_by_its_number(mark: int) -> None:
    assert chr(mark) not in rendered(f"pay&#{mark};gnp &#x{mark:x};.exe `&#{mark};`")
    assert rendered("me" + "&#822;" * 9).count("\u0336") == 3


def test_a_line_is_one_line() -> None:
    assert cleaned_line("  a\n\nb\t c\u200b ") == "a b c"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))",
        "[x](data:text/html,<script>1</script>)", "![x](https://elsewhere.example/who.png)", "<svg/onload=alert(1)>",
        "[x](https://a.example \"t\" onclick=alert(1))", "<a href='//x' style='position:fixed'>x</a>", "[x](vbscript:1)",
        "<iframe src=//x></iframe>", "<style>*{}</style>", "&lt;script&gt;", "`<script>`", "<javascript:alert(1)>",
    ],
)  # fmt: skip
def test_no_markup_runs_loads_or_looks_like_ours(text: str) -> None:
    made = Elements()
    made.feed(rendered(text))
    assert made.names <= TAGS and made.attributes.keys() <= {"href", "rel"}
    assert made.attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))


def test_a_link_tells_nobody_where_its_reader_comes_from() -> None:
    made = rendered("[x](https://elsewhere.example)")
    assert 'rel="nofollow noopener noreferrer ugc"' in made and as_read(made).strip() == "x"


def test_headings_do_not_break_into_those_of_the_page() -> None:
    assert "<h" not in rendered("# One\n\nTwo\n===\n\n## Three")


@pytest.mark.parametrize(
    "text",
    [">" * 10_000, "- " * 5_000, "[" * 10_000, "*a " * 3_333, "`" * 10_000, "![[" * 3_333, "<" * 10_000, "_a__" * 2_500,
     "[a](" * 2_500, "\\" * 10_000, "a\n" * 5_000, "&a;" * 3_333, "***" * 3_333, "1. " * 3_333],
    ids=range(14),
)  # fmt: skip
def test_markdown_made_to_explode_is_rendered_small_and_soon(text: str) -> None:
    began = time.process_time()
    made = rendered(text)
    assert time.process_time() - began < 2 and len(made) < 30 * len(text)


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_whatever_is_written_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = cleaned(text)
    assert cleaned(once) == once


def test_the_warning_is_what_the_statement_says() -> None:
    assert "can bring you messages you did not ask for" in warning() and "Added" not in warning()
