"""Both stores as the environment names them: SQLite in the home folder, or PostgreSQL by URL."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .environment import SettingError, env_bool
from .hosted_files import is_loopback

LOCK_SECONDS = 20.0
"""How long an act waits for whoever else writes to SQLite."""
FULL = "verify-full"


def database(name: str, default: Path) -> dict[str, Any]:
    """A Django database from a `postgresql://user:password@host:port/name?sslrootcert=FILE` URL, or SQLite at the path.

    A host that begins with `/` (percent-encoded) is a socket folder.  Raises SettingError for other schemes, and for a
    line over the network that would not be TLS with the server's name checked.
    """
    url = os.environ.get(name, "")
    if not url:
        return sqlite(default)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # the URL may hold a password, so it is not repeated
        raise SettingError(f"{name} is no URL; give postgresql://user:password@host:port/name") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise SettingError(
            f"{name} begins with `{parts.scheme}`; give a postgresql:// URL, or leave it out for SQLite"
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A cursor of the server outlives a transaction, and a line out of a pool does not.
        "DISABLE_SERVER_SIDE_CURSORS": env_bool("TROTH_DATABASE_POOLED"),
        "OPTIONS": _tls(name, unquote(parts.hostname or ""), dict(parse_qsl(parts.query))),
    }


def _tls(name: str, host: str, told: dict[str, str]) -> dict[str, str]:
    """How the server is known: `verify-full` wherever the line leaves this machine."""
    if unknown := sorted(set(told) - {"sslmode", "sslrootcert"}):
        raise SettingError(f"{name} says `{unknown[0]}`; what may stand there is sslmode and sslrootcert")
    is_here = not host or host.startswith("/") or is_loopback(host)
    mode = told.get("sslmode", "" if is_here else FULL)
    if not is_here and mode != FULL:
        raise SettingError(
            f"{name} leads over the network with sslmode `{mode}`; give {FULL}, or leave it out"
        )
    # Where nobody names an authority, it is one that this machine trusts.
    authority = told.get("sslrootcert", "system" if mode == FULL else "")
    if authority not in ("", "system") and not Path(authority).is_file():
        raise SettingError(f"{name} names `{authority}`, which is no file; give the authority's certificate")
    return {key: value for key, value in (("sslmode", mode), ("sslrootcert", authority)) if value}


def stores(home: Path) -> dict[str, dict[str, Any]]:
    """Both stores by their alias, as they are served.  Raises SettingError."""
    return {
        "default": database("TROTH_DATABASE_URL", home / "troth.sqlite3"),
        "keys": database("TROTH_KEYS_DATABASE_URL", home / "keystore.sqlite3"),
    }


def owners() -> dict[str, dict[str, Any]]:
    """The stores whose tables belong to another role than the one that serves.  Raises SettingError."""
    names = {"default": "TROTH_OWNER_DATABASE_URL", "keys": "TROTH_KEYS_OWNER_DATABASE_URL"}
    named = {alias: name for alias, name in names.items() if os.environ.get(name)}
    for name in named.values():
        if not os.environ.get(name.replace("OWNER_", "")):
            raise SettingError(f"{name} is given without {name.replace('OWNER_', '')}; name both, or neither")
    return {alias: database(name, Path()) for alias, name in named.items()}


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite as the house runs it: durable commits, no remnants of deleted rows, writers that queue."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": LOCK_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                " PRAGMA wal_autocheckpoint=1000; PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY"
            ),
        },
        "TEST": {"NAME": str(path.with_suffix(".test.sqlite3"))},
    }
