"""The readable page of an export: one file that needs nothing else, light or dark as its reader's system is."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from ..published import statement
from ..uses.history import Used, history
from .reading import File, Reading, Row
from .tables import Known, encode
from .zipped import Member, Zipped

STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --ground: #fff; --line: #c9ced3; --soft: #f3f5f6; --link: #0b57a4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --ground: #14181b; --line: #444c53; --soft: #1e2429; --link: #8ec1ff }
}
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 62rem; margin: 0 auto; padding: 1rem }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem } h3 { margin: 1.5rem 0 .25rem; font-size: 1rem }
a { color: var(--link) } p { overflow-wrap: anywhere }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top }
th { background: var(--soft); font-weight: 600 } td { white-space: pre-wrap }
.kinds td:nth-child(2), .rows td:nth-child(2), .uses td:nth-child(5), .files td:first-child {
  min-width: 12rem; overflow-wrap: anywhere }
.uses td:first-child, .files td:last-child { white-space: nowrap } .rows td:first-child { width: 11rem }
.note { opacity: .8; margin: .25rem 0 }
code { background: var(--soft); padding: .1rem .3rem }
"""

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
"""


def write_page(
    zipped: Zipped, reading: Reading, facts: Mapping[str, Any], known: Known, lists: Sequence[str]
) -> None:
    """Write `index.html`; `lists` are the members that stand beside it."""
    with zipped.member("index.html") as out:
        _begin(out, facts, lists)
        _categories(out, known)
        _Rows(out).write(reading)
        _files(out, reading)
        if reading.has_uses:
            _uses(out, reading)
        _checking(out)
        out.text("</main>\n</body>\n</html>\n")


def _begin(out: Member, facts: Mapping[str, Any], lists: Sequence[str]) -> None:
    company = str(facts["company"])
    out.text(HEAD.format(title=escape(f"Your data at {company}"), style=STYLE))
    chosen, made = facts["categories"], str(facts["made_at"])
    labels = statement.current().categories
    what = ", ".join(labels[name].label for name in chosen) if chosen else "everything"
    out.text(
        f"<p>This is what {escape(company)} held about you on {escape(made[:10])}, {escape(made[11:16])} UTC. You"
        f" asked for {escape(what)}. It was made under the privacy statement of version"
        f" <code>{escape(str(facts['statement']))}</code>.</p>\n"
        "<p>The same is in <a href='data.json'>data.json</a>, for programs, and in the folder <code>csv</code>, for"
        " spreadsheets. There a value that a spreadsheet would take for a formula has an apostrophe before"
        " it.</p>\n"
    )
    for name in lists:
        out.text(f"<p>More is in <a href='{escape(quote(name))}'>{escape(name)}</a>.</p>\n")


def _categories(out: Member, known: Known) -> None:
    out.text("<h2>What kinds of data these are</h2>\n")
    if not known:
        out.text("<p>We hold nothing about you of the kinds you asked for.</p>\n")
        return
    _table(
        out,
        "kinds",
        "Item",
        "Why we ask for it",
        "Where it comes in",
        "How long it is kept",
        "Clause",
        "Values",
    )
    for category, about in known.items():
        why, places = about["why"], ", ".join(about["places"])
        _line(out, about["label"], why, places, _kept(category), about["clause"], about["values"])
    out.text("</table></div>\n")


def _kept(category: str) -> str:
    keep = statement.current().keeps(category)
    return (
        f"{keep.amount} {keep.unit} after: {keep.event.replace('-', ' ')}"
        if keep
        else "as long as you are here"
    )


class _Rows:
    """The rows, under a heading for each kind."""

    def __init__(self, out: Member) -> None:
        self._out, self._title = out, ""

    def write(self, reading: Reading) -> None:
        reading.rows(self._row)

    def _row(self, row: Row) -> None:
        out, held = self._out, row.held
        if held.title != self._title:
            self._title = held.title
            out.text(f"<h2>{escape(held.title)}</h2>\n")
        if not held.is_own:
            out.text("<p class='note'>This is somebody else’s; you see the part that tells of you.</p>\n")
        _table(out, "rows", "Item", "Value", "Clause")
        for value in row.values:
            _line(out, value.label, _readable(value.value), value.clause)
        out.text("</table></div>\n")
        if held.hidden:
            told = ", ".join(held.hidden)
            out.text(f"<p class='note'>Withheld, since it tells of somebody else: {escape(told)}.</p>\n")
        if held.keep_until:
            until = f"Kept until {held.keep_until:%Y-%m-%d}"
            out.text(f"<p class='note'>{until} (clause {escape(held.keep_clause)}).</p>\n")


def _files(out: Member, reading: Reading) -> None:
    begun: list[File] = []

    def line(file: File) -> None:
        if not begun:
            out.text("<h2>Files</h2>\n")
            _table(out, "files", "File", "Type", "Bytes", "Stored")
            begun.append(file)
        link = (
            f"<a href='{escape(quote(file.path))}'>{escape(file.name)}</a>"
            if file.path
            else "not yours to take"
        )
        _line(out, _Html(link), file.content_type, file.row.size, _readable(file.row.stored_at))

    reading.files(line)
    if begun:
        out.text("</table></div>\n")


def _uses(out: Member, reading: Reading) -> None:
    out.text(
        "<h2>Who used your data</h2>\n<p>Each line opens to its receipt, which proves that it stands in the"
        " public log.</p>\n"
    )
    _table(out, "uses", "When", "What", "By", "Purpose", "Items", "Clauses")
    policy = statement.current()

    def lines(part: int, used: Iterable[Used]) -> None:
        for one in used:
            link = f"<a href='{receipt_path(one.entry, part)}'>{escape(_readable(one.at))}</a>"
            role, purpose = policy.recipients.get(one.role), policy.purposes.get(one.purpose)
            fields = ", ".join(_label(name) for name in one.fields)
            _line(
                out, _Html(link), one.act, role.label if role else one.role,
                purpose.label if purpose else one.purpose, fields, ", ".join(one.clauses),
            )  # fmt: skip

    reading.entries(lambda part, entries: lines(part, history(entries)))
    out.text("</table></div>\n")


def receipt_path(entry: str, part: int) -> str:
    """Where the receipt of an entry lies in the archive: each subject in it has its own."""
    return f"receipts/{entry}{f'-{part}' if part > 1 else ''}.json"


def _checking(out: Member) -> None:
    out.text(
        "<h2>Check it yourself</h2>\n"
        "<p><code>manifest.json</code> lists every file in this archive with its SHA-256, and"
        " <code>manifest.note</code> is our signature over that list. The checker needs Python and nothing else, no"
        " network and no trust in us:</p>\n"
        "<p><code>python -m troth.verify your-data.zip --vkey KEY</code></p>\n"
        "<p>Take KEY from our proof page. Without it the key in <code>vkey</code> is used, and the answer says"
        " so.</p>\n"
    )


class _Html(str):
    """What is markup already."""


def _table(out: Member, kind: str, *names: str) -> None:
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in names)
    out.text(f"<div class='wide' tabindex='0'><table class='{kind}'>\n<tr>{head}</tr>\n")


def _line(out: Member, *cells: Any) -> None:
    shown = (cell if isinstance(cell, _Html) else escape(str(cell)) for cell in cells)
    out.text("<tr>" + "".join(f"<td>{cell}</td>" for cell in shown) + "</tr>\n")


def _label(category: str) -> str:
    known = statement.current().categories.get(category)
    return known.label if known else category


def _readable(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M}" + (" UTC" if getattr(value, "tzinfo", None) else "")
    return encode(value).strip('"')
