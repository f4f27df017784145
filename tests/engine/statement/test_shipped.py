"""The shipped statement promises what Troth was built for: these clauses, in this order, under these topics."""

import re

from tests.house.tree import ROOT
from troth.engine.statement import load

# Written by hand, not taken from the statement: a clause that goes, moves or changes its name is seen here.
PROMISED = {
    "Web sites and Services covered": ["scope.sites", "scope.services"],
    "Information collected": ["collect.contact", "collect.billing", "collect.navigation"],
    "How information is used": ["use.requested", "use.billing", "use.operate", "use.personalise"],
    "Web Site Navigational Information and cookies": ["navigation.anonymous"],
    "Forums, Refer a Friend, testimonials": ["public.posts", "public.referral", "public.showcase"],
    "Sharing": [
        "share.providers", "share.quality", "share.no-promotion", "share.joint-offers", "share.processor",
        "share.legal",
    ],
    "International transfer": ["transfer.global"],
    "Correcting and updating": ["rights.update", "rights.ninety-days"],
    "Customer Data": ["hosting.submit", "hosting.no-review", "hosting.access"],
    "Security": [
        "security.measures", "security.tls", "security.isolation", "security.sessions", "security.environment",
        "security.settings", "security.credentials", "security.same",
    ],
}  # fmt: skip
TERMS = {
    "Services", "Customers", "Visitors", "Web Site Navigational Information", "Data About Customers",
    "Billing Information", "Customer Data", "Subscription Agreement",
}  # fmt: skip
STATEMENT = load(ROOT / "statement.md")
PROSE = re.sub(
    r"^```.*?^```$", "", (ROOT / "statement.md").read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
)


def test_the_clauses_are_the_thirty_three_promised_in_their_order() -> None:
    promised = [clause for clauses in PROMISED.values() for clause in clauses]
    assert [clause.id for clause in STATEMENT.clauses] == promised and len(promised) == 33


def test_each_clause_stands_under_its_topic() -> None:
    found: dict[str, list[str]] = {}
    for clause in STATEMENT.clauses:
        found.setdefault(clause.topic, []).append(clause.id)
    assert list(found.items()) == list(PROMISED.items())


def test_each_defined_term_is_defined_once_and_no_other_is() -> None:
    defined = [" ".join(term.split()) for term in re.findall(r"\*\*(.+?)\*\*", PROSE, re.DOTALL)]
    assert sorted(term.removeprefix("the ") for term in defined) == sorted(TERMS)


def test_a_defined_term_is_never_written_small_where_it_is_one() -> None:
    words = (
        "web site navigational information",
        "data about customers",
        "billing information",
        "subscription agreement",
    )
    assert not [word for word in words if word in PROSE]
