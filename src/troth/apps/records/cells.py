"""Cells of a CSV file that a spreadsheet opens as what they are, and not as a formula."""

import re

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?\d[\d ]*(?:[.,]\d+)?")
"""A plain amount or telephone number begins like a formula and is none."""


def neutral(cell: str) -> str:
    """The cell with an apostrophe in front where it would be run as a formula (OWASP, CSV injection).

    Plain numbers such as -5 stay numbers.
    """
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
