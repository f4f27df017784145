"""What changes between two versions, in words; rule 11 names each cell that opens."""

from tests.engine.statement.sample import document
from troth.engine.statement import Document, compare, parse

ALLOW = "allow use of contact for answering by sales"
FORM = "collect contact at form"


def told(old: Document, new: Document) -> list[tuple[str, str]]:
    return [(change.kind, str(change)) for change in compare(old, new)]


def test_nothing_changes_from_a_version_to_itself() -> None:
    assert told(document(ALLOW), document(ALLOW)) == []


def test_a_cell_that_opens_is_told_with_whom_it_touches() -> None:
    changes = compare(document(FORM, ALLOW), document(FORM, ALLOW + ", partner"))
    (opened,) = [change for change in changes if change.kind == "opened"]
    assert opened.text == (
        "`partner` may now use `contact` for `answering` (4 cells in all); "
        "touches everyone whose `contact` is collected at `form`"
    )
    assert ("use", "contact.email", "answering", "partner") in opened.cells
    assert len(opened.cells) == 4


def test_a_dropped_ground_opens_its_cells() -> None:
    changes = told(document(ALLOW + " given enquiry"), document(ALLOW))
    assert [kind for kind, _ in changes] == ["rule removed", "rule added", "opened"]


def test_an_added_ground_closes_its_cells() -> None:
    changes = told(document(ALLOW), document(ALLOW + " given enquiry"))
    assert changes[-1][0] == "closed"
    assert "`sales` may no longer use `contact`" in changes[-1][1]


def test_another_ground_opens_and_closes() -> None:
    changes = told(document(ALLOW + " given enquiry"), document(ALLOW + " given order"))
    assert [kind for kind, _ in changes][-2:] == ["opened", "closed"]


def test_a_denial_taken_back_opens_what_it_closed() -> None:
    denial = "deny use of contact.phone, except to a.n1"
    (opened,) = [c for c in compare(document(ALLOW, denial), document(ALLOW, "")) if c.kind == "opened"]
    assert set(opened.cells) == {("use", name, "answering", "sales") for name in ("contact", "contact.phone")}


def test_every_kind_of_opening_has_its_words() -> None:
    rules = "collect logs at desk\nallow join of logs for service by staff"
    rules += "\nallow share of logs for billing with carrier"
    text = "\n".join(change for _, change in told(document(""), document(rules)))
    assert "`company` may now collect `logs` at `desk`" in text
    assert "`staff` may now join `logs` with other data for `service`" in text
    assert "`logs` may now be shared with `carrier` for `billing`" in text


def test_words_and_clauses_are_compared() -> None:
    old = parse("# T\n### One {#a}\nOld words.\n### Two {#b}\n")
    new = parse("# T\n### First {#a}\nNew words.\n### Three {#c}\n")
    assert [(change.kind, change.clause) for change in compare(old, new)] == [
        ("clause removed", "b"),
        ("title", "a"),
        ("prose", "a"),
        ("clause added", "c"),
    ]


def test_a_new_line_break_is_no_change() -> None:
    assert told(document(ALLOW), document(ALLOW.replace(" for", "\n    for"))) == []
