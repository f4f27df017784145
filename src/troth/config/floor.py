"""The floor of security: `[security]` of `company.toml`, below which no customer's choice goes."""

from typing import Any

from troth.accounts.levels.orders import Networks, Wrong
from troth.accounts.levels.table import SETTINGS

from .environment import SettingError


def security_floor(data: dict[str, Any]) -> dict[str, Any]:
    """The values that the operator names, by setting; for the others the house's own stand.  Raises SettingError."""
    found = {}
    for word, value in data.get("security", {}).items():
        row = SETTINGS.get(str(word).replace("-", "_"))
        if row is None or isinstance(row.order, Networks):
            known = ", ".join(
                key.replace("_", "-")
                for key, each in SETTINGS.items()
                if not isinstance(each.order, Networks)
            )
            raise SettingError(f"company.toml: [security] has no setting `{word}`; those it has are {known}")
        try:
            found[row.key] = row.order.read(str(value))
        except Wrong as wrong:
            words = ", ".join(getattr(row.order, "meanings", ()))
            what = f"one of {words}" if words else str(wrong)[5:-1]
            raise SettingError(f"company.toml: `{word}` in [security] is `{value}`; write {what}") from None
    return found
