"""A small statement for the tests: definitions once, the clauses of each test after them."""

from troth.engine.policy import Policy
from troth.engine.statement import Document, Problem, StatementError, check, compile_statement, parse

DEFINITIONS = """# A small statement

```rules
define recipient company "the Company"
define recipient staff "our staff" under company
define recipient sales "sales staff" under staff
define recipient support "support staff" under staff
define recipient partner "a partner"
define recipient carrier "the carrier"
define purpose service "service"
define purpose answering "answering" under service
define purpose billing "billing"
define purpose promotion "promotion"
define purpose joint "joint promotion" under promotion
define ground enquiry "an enquiry"
define ground order "an order"
define ground no-order "no order at all" never with order
define event last-contact "the last message"
define place form "the form"
define place desk "the desk"
define category contact "Contact" because "to answer" with
    name "Name", phone "Phone" because "to call", email "E-mail"
define category payment "Payment" with brand "Brand", number "Number"
define category customers "About Customers" over contact, payment
define category logs "Logs" with address "Address", page "Page"
define category person-place "Where a person is"
```
"""


def text(*clauses: str) -> str:
    """A statement whose clauses `a.n1`, `a.n2` and so on each hold these rules."""
    made = (f"\n### Clause {i} {{#a.n{i}}}\n\n```rules\n{rules}\n```\n" for i, rules in enumerate(clauses, 1))
    return DEFINITIONS + "".join(made)


def document(*clauses: str) -> Document:
    return parse(text(*clauses))


def policy(*clauses: str) -> Policy:
    return compile_statement(document(*clauses))


def problems(*clauses: str) -> list[Problem]:
    """What `parse` or `check` finds."""
    try:
        return check(document(*clauses))
    except StatementError as error:
        return error.problems


def codes(*clauses: str) -> list[str]:
    return [problem.code for problem in problems(*clauses)]
