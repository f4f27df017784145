"""The compiled statement: a table of decisions, and the facts that the gate, the forms and the pages read."""

from .decide import Alternative, Cell, Decision, Deny, Permit, Policy, decide_under
from .facts import (
    Category,
    ClauseFacts,
    Collected,
    Derivation,
    Facts,
    Ground,
    Inform,
    Keep,
    Limit,
    Place,
    Promise,
    Purpose,
    Recipient,
)
from .table import CELL_LIMIT, Allowing, Denying, Reach, build_table
from .trees import Tree

__all__ = [
    "CELL_LIMIT",
    "Allowing",
    "Alternative",
    "Category",
    "Cell",
    "ClauseFacts",
    "Collected",
    "Decision",
    "Deny",
    "Denying",
    "Derivation",
    "Facts",
    "Ground",
    "Inform",
    "Keep",
    "Limit",
    "Permit",
    "Place",
    "Policy",
    "Promise",
    "Purpose",
    "Reach",
    "Recipient",
    "Tree",
    "build_table",
    "decide_under",
]
