"""The mail relay as the environment names it: on this machine, or over TLS."""

import os
from pathlib import Path
from typing import NamedTuple

from .environment import SettingError, env_bool, env_port
from .hosted_files import is_loopback


class Relay(NamedTuple):
    """Where mail goes out, whether by STARTTLS, and by whose word the relay is known (none: this machine's)."""

    host: str
    port: int
    tls: bool
    authority: str


def relay() -> Relay:
    """Raises SettingError for a relay elsewhere without TLS: letters would go over the network in clear."""
    host, tls = os.environ.get("TROTH_SMTP_HOST") or "127.0.0.1", env_bool("TROTH_SMTP_TLS")
    if not tls and not is_loopback(host):
        raise SettingError(
            "TROTH_SMTP_HOST is another machine, and TROTH_SMTP_TLS is 0; set it to 1: mail goes out over TLS"
        )
    authority = os.environ.get("TROTH_SMTP_AUTHORITY", "")
    if authority and not Path(authority).is_file():
        raise SettingError(f"TROTH_SMTP_AUTHORITY names `{authority}`, which is no file; give a certificate")
    return Relay(host, env_port("TROTH_SMTP_PORT", 25), tls, authority)
