"""Countries by name, for forms and for pages that say where data went."""

from functools import cache

from babel import Locale
from django.conf import settings

NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
"""Codes of the list of territories that are no country of anybody's."""


@cache
def countries() -> dict[str, str]:
    """Countries by their code of ISO 3166-1, in the order of their names."""
    known = Locale.parse(settings.LANGUAGE_CODE).territories
    named = {
        code: name
        for code, name in known.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY
    }
    return dict(sorted(named.items(), key=lambda each: each[1]))
