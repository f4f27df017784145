"""From a statement to its policy: decisions and the facts the gate reads."""

import pytest

from tests.engine.statement.sample import document, policy, text
from troth.engine.policy import Collected, Deny, Permit
from troth.engine.statement import StatementError, compile_statement, parse

FORM = "collect contact.name, contact.phone, contact.email at form requiring contact.name"


def test_it_works() -> None:
    made = policy("allow use of contact for answering by sales given enquiry")
    assert made.decide("use", "contact.email", "answering", "sales", frozenset({"enquiry"})) == Permit("a.n1")


def test_a_refusal_says_why() -> None:
    made = policy(
        "allow use of contact for answering by sales given enquiry, order and enquiry",
        "deny share of anything for promotion",
    )

    def why(*cell: str) -> Deny:
        answer = made.decide(*cell)  # type: ignore[arg-type]
        assert isinstance(answer, Deny)
        return answer

    missing = "the ground `enquiry` or `enquiry` and `order` is missing"
    assert why("use", "contact.name", "answering", "sales") == Deny(missing, "a.n1")
    assert why("share", "logs", "joint", "partner") == Deny("clause `a.n2` denies it", "a.n2")
    assert why("use", "contact", "answering", "support") == Deny("no clause allows it", "a.n1")
    assert why("use", "logs", "answering", "sales") == Deny("no clause allows it", None)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (("open", "contact", "answering", "sales"), "`open` is not an action"),
        (("use", "zebra", "answering", "sales"), "`zebra` is no category of this statement"),
        (("use", "contact", "zebra", "sales"), "`zebra` is no purpose of this statement"),
        (("collect", "contact", "answering", "company"), "`answering` is no place of this statement"),
        (("use", "contact", "answering", "zebra"), "`zebra` is no recipient of this statement"),
    ],
)
def test_unknown_words_are_denied(cell: tuple[str, str, str, str], reason: str) -> None:
    made = policy("allow use of contact for answering by sales", FORM)
    assert made.decide(*cell) == Deny(reason, None)


def test_a_form_asks_for_what_the_clause_collects() -> None:
    made = policy(FORM).collects("form")
    assert [(item.category, item.required) for item in made] == [
        ("contact.name", True),
        ("contact.phone", False),
        ("contact.email", False),
    ]
    assert made[1] == Collected("contact.phone", False, "Phone", "to call", "a.n1", ("company",))
    assert made[0].why == "to answer", "an item without a reason has its category's"


def test_dropping_one_word_removes_the_field() -> None:
    source = text(FORM).replace("contact.phone, ", "", 1)
    assert [item.category for item in compile_statement(parse(source)).collects("form")] == [
        "contact.name",
        "contact.email",
    ]


def test_a_form_does_not_ask_for_what_a_denial_closes() -> None:
    made = policy("collect contact at form", "deny collect of contact.phone by company")
    assert "contact.phone" not in [item.category for item in made.collects("form")]


def test_a_collection_is_a_cell_of_its_place() -> None:
    made = policy("collect payment at form by carrier", "deny collect of payment by company")
    assert made.decide("collect", "payment.number", "form", "carrier") == Permit("a.n1")
    assert isinstance(made.decide("collect", "payment.number", "desk", "carrier"), Deny)
    assert isinstance(made.decide("collect", "payment.number", "form", "company"), Deny)


def test_a_narrow_denial_closes_the_whole_above_it() -> None:
    made = policy("allow use of contact for answering by sales", "deny use of contact.phone, except to a.n1")
    grants = {name: made.decide("use", name, "answering", "sales") for name in made.categories}
    assert grants["contact.name"] == Permit("a.n1")
    assert isinstance(grants["contact.phone"], Deny)
    assert isinstance(grants["contact"], Deny)


def test_a_conditional_denial_wins_while_its_ground_holds() -> None:
    made = policy(
        "allow use of contact for answering by sales",
        "deny use of contact for answering by sales given order, except to a.n1",
    )
    cell = ("use", "contact", "answering", "sales")
    assert made.decide(*cell) == Permit("a.n1")
    assert made.decide(*cell, frozenset({"order"})) == Deny("clause `a.n2` denies it", "a.n2")


def test_of_several_permissions_the_first_by_clause_id_answers() -> None:
    one, two = "allow use of contact for answering by sales", "allow use of contact for service by staff"
    assert policy(one, two).decide("use", "contact", "answering", "sales") == Permit("a.n1")
    assert policy(two, one).decide("use", "contact", "answering", "sales") == Permit("a.n1")


def test_once_is_told_with_the_permission() -> None:
    made = policy("allow use of contact for joint by staff given order once")
    assert made.decide("use", "contact", "joint", "staff", frozenset({"order"})) == Permit("a.n1", once=True)


def test_the_nearest_keep_counts() -> None:
    made = policy(
        "keep customers 2 years after last-contact\nkeep payment 7 weeks after last-contact",
        "keep payment.brand at least 1 weeks after last-contact\nkeep logs at most 9 days after last-contact",
    )

    def kept(category: str) -> str | None:
        keep = made.keeps(category)
        return f"{keep.amount} {keep.unit} by {keep.clause}" if keep else None

    assert kept("contact.name") == "2 years by a.n1"
    assert kept("payment.brand") == "7 weeks by a.n1"
    assert kept("logs.page") == "9 days by a.n2"
    assert kept("person-place") is None
    assert made.holds("payment.brand") is not None
    assert made.holds("payment.number") is None


def test_the_facts_of_a_statement() -> None:
    made = policy(
        FORM + "\ninform warning at desk",
        "promise answered within 90 days\nlimit use of payment to billing",
    )
    assert made.points("a.n1") == ("form", "desk")
    assert made.points("a.n2") == ()
    assert (made.promises["answered"].amount, made.promises["answered"].clause) == (90, "a.n2")
    assert made.purposes["joint"].top == "promotion"
    assert made.recipients["sales"].parent == "staff"
    assert made.categories["customers"].children == ("contact", "payment")
    assert [(inform.notice, inform.place) for inform in made.informs] == [("warning", "desk")]
    assert [(limit.category, limit.purposes) for limit in made.limits] == [("payment", ("billing",))]
    assert (
        made.version
        == document(
            FORM + "\ninform warning at desk",
            "promise answered within 90 days\nlimit use of payment to billing",
        ).version
    )


def test_facts_cannot_be_changed() -> None:
    made = policy(FORM)
    with pytest.raises(TypeError):
        made.categories["x"] = made.categories["contact"]  # type: ignore[index]


def test_a_statement_too_vast_for_a_table_is_refused() -> None:
    names = [f"n{number}" for number in range(130)]
    kinds = ("category", "purpose", "recipient")
    lines = [f'define {kind} {name} "x"' for kind in kinds for name in names]
    source = "# T\n```rules\n" + "\n".join(lines) + "\n```\n### C {#c}\n```rules\ndeny use of anything\n```\n"
    with pytest.raises(StatementError, match=r"S25.* 2,197,000 cells"):
        compile_statement(parse(source))
