"""Who handles payments: `[processor]` of `company.toml`, or `[[processor]]` for each of several, and their secrets."""

import os
import tomllib
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .environment import SettingError

SANDBOX_HOST = "pay.localhost"
"""Where the demo's processor has its pages: another host, so that no cookie of ours goes there."""

RECIPIENT = "payment-processor"
"""The statement's word for a processor; of several, each has one of its own below it."""

KINDS: dict[str, dict[str, str]] = {
    "sandbox": {"class": "troth.gate.outbound.sandbox.Sandbox", "name": "Sandbox Payments", "label": "Card or PayPal"},
    "stripe": {
        "class": "troth.gate.outbound.stripe.Stripe", "name": "Stripe", "label": "Card",
        "api": "https://api.stripe.com", "origin": "https://*.stripe.com", "pages": "hosted", "page": "",
    },
    "paypal": {
        "class": "troth.gate.outbound.paypal.PayPal", "name": "PayPal", "label": "PayPal",
        "api": "https://api-m.paypal.com", "origin": "https://*.paypal.com",
    },
}  # fmt: skip
SECRETS = {
    "stripe": ("TROTH_STRIPE_SECRETS", ("key", "webhook")),
    "paypal": ("TROTH_PAYPAL_SECRETS", ("client", "secret", "webhook")),
}
"""By kind, the setting that names the file with its secrets, and what has to be in there."""
LIVE = ("sk_live_", "rk_live_")


def processors(data: dict[str, Any], is_demo: bool, port: int) -> dict[str, dict[str, str]]:
    """By kind, all that is to be known of each processor, the first of them first.

    Only the demo has the sandbox, and no demo takes a live key.  Raises SettingError.
    """
    rows = data.get("processor", {})
    found = dict[str, dict[str, str]]()
    for told in rows if isinstance(rows, list) else [rows]:
        kind = told.get("kind", "sandbox")
        if kind not in KINDS:
            raise SettingError(
                f"company.toml: `kind` in [processor] is `{kind}`; write one of {', '.join(KINDS)}"
            )
        if kind in found:
            raise SettingError(f"company.toml: there are two processors of the kind `{kind}`; leave one out")
        found[kind] = _processor(kind, told, is_demo, port)
    words = [each["recipient"] for each in found.values()]
    if len(set(words)) < len(words):
        raise SettingError(
            "company.toml: two processors are one `recipient`; define a word for each in the statement, under"
            f" {RECIPIENT}, and give each its own"
        )
    return found


def _processor(kind: str, told: dict[str, Any], is_demo: bool, port: int) -> dict[str, str]:
    made = {"recipient": RECIPIENT, "country": "US", **KINDS[kind]}
    made |= {key: str(value) for key, value in told.items() if key != "class"}
    if kind == "sandbox":
        made["origin"] = f"https://{SANDBOX_HOST}:{port + 1}" if is_demo else ""
        return made | {"secret": os.environ.get("TROTH_SANDBOX_SECRET", "")}
    _check(kind, made)
    made |= _secrets(kind)
    if is_demo and made.get("key", "").startswith(LIVE):
        raise SettingError(f"{SECRETS[kind][0]} holds a live key; the demo takes a test key only")
    return made


def _check(kind: str, made: dict[str, str]) -> None:
    """Raises SettingError for what no processor of this kind could be asked by."""
    where = f"company.toml: the processor `{kind}`"
    for key in ("api", "page"):
        parts = urlsplit(made.get(key, ""))
        if parts.scheme not in ("", "https") and not (
            parts.scheme == "http" and _is_loopback(parts.hostname)
        ):
            raise SettingError(
                f"{where} has the {key} `{made[key]}`; give an address that begins with https://"
            )
    if kind != "stripe":
        return
    if made["pages"] not in ("hosted", "intents"):
        raise SettingError(f"{where} has the pages `{made['pages']}`; write hosted or intents")
    if made["pages"] == "intents" and not made["page"]:
        raise SettingError(
            f"{where} has no `page`, on which cards are typed; add its address, or write hosted"
        )
    if find_spec("stripe") is None:
        raise SettingError(f"{where} needs the packages of requirements/stripe.txt; install them")


def _secrets(kind: str) -> dict[str, str]:
    """What stands in the file with a processor's secrets.  Raises SettingError, which does not repeat any of it."""
    name, needed = SECRETS[kind]
    lines = " and ".join(f"`{each}`" for each in needed)
    given = os.environ.get(name)
    if not given:
        raise SettingError(
            f'{name} is not set; name a file that has {lines}, each as a line such as key = "…"'
        )
    try:
        said = tomllib.loads(Path(given).expanduser().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise SettingError(f"{name} names `{given}`, which cannot be read as TOML; it has {lines}") from None
    if missing := [each for each in needed if not isinstance(said.get(each), str) or not said[each]]:
        raise SettingError(f"{name}: `{given}` has no `{missing[0]}`; it has {lines}")
    return {each: said[each] for each in needed}


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
