"""Who is asked whether a company pays its bills, from which size on, and who may pay later (`[qualification]`)."""

import os
from collections.abc import Mapping
from typing import Any

from .environment import SettingError
from .processors import SANDBOX_HOST

CHECKERS = {"none": "", "sandbox": "troth.gate.outbound.credit_sandbox.Sandbox"}
RECIPIENT = "credit-checker"


def credit(
    data: Mapping[str, Any], register: Mapping[str, Mapping[str, str]], is_demo: bool, port: int
) -> dict[str, Any]:
    """The credit checking service: its class (blank for none), name and country; the size from which on it is asked.

    `invoice_days` is how long who pays by invoice has, 0 where nobody may; `pay_to` where they pay to.  The sandbox of
    the demo is reached where its processor is.  Raises SettingError for a service that is not known or stands on no
    register.
    """
    said = data.get("qualification", {})
    kind = said.get("checker", "none")
    if kind not in CHECKERS:
        raise SettingError(
            f"company.toml: `checker` in [qualification] is `{kind}`; write one of {', '.join(CHECKERS)}"
        )
    if CHECKERS[kind] and RECIPIENT not in register:
        raise SettingError(
            f"company.toml: `checker` is `{kind}` and [recipients.{RECIPIENT}] is missing; add it"
        )
    if said.get("invoice-days") and not said.get("pay-to"):
        raise SettingError(
            "company.toml: who pays by invoice must know where to; add `pay-to` to [qualification]"
        )
    known = register.get(RECIPIENT, {})
    return {
        "class": CHECKERS[kind], "name": known.get("name", ""), "country": known.get("country", ""),
        "check_above": _number(said, "check-above"), "invoice_days": _number(said, "invoice-days") or 0,
        "pay_to": [str(line) for line in said.get("pay-to", [])],
        "origin": f"https://{SANDBOX_HOST}:{port + 1}" if is_demo else "",
        "secret": os.environ.get("TROTH_SANDBOX_SECRET", ""),
    }  # fmt: skip


def _number(said: Mapping[str, Any], name: str) -> int | None:
    found = said.get(name)
    if found is not None and (type(found) is not int or found < 0):
        raise SettingError(f"company.toml: `{name}` in [qualification] is no number; write one such as 14")
    return found
