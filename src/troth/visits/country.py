"""The country that an Internet address was assigned to, worked out at the door (clause collect.navigation).

The list comes with its library, out of the registries' public files of what was assigned where, so that nobody is
asked.  It names the country of whoever was given a block of addresses, not where a browser is.
"""

import json
from datetime import date, datetime
from functools import cache
from importlib import metadata

from iptocc import country_code

LIBRARY = "iptocc"


def country_of(address: str) -> str:
    """Two capital letters (ISO 3166-1); blank where the list has none.  No cache: addresses would lie in it."""
    return country_code(address) or ""


@cache
def as_of() -> date | None:
    """The day on which the list was made, out of the bill of materials that comes with it; None where none does."""
    for path in metadata.files(LIBRARY) or ():
        if path.name.endswith(".cyclonedx.json"):
            made = json.loads(path.read_text())["metadata"]["timestamp"]
            return datetime.fromisoformat(made[:10]).date()
    return None
