"""Settings from the environment.  A bad value stops the start with one line that names the variable."""

import os
import re
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .complete import faults

ROOT = Path(__file__).resolve().parents[3]
"""The checkout, whose `statement.md`, `agreement.md` and `company.toml` are the sample's."""


FIXED_SQLITE = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""The first release of each line that cannot lose WAL commits (reference: SQLite's WAL-reset bug)."""

LEAST_TOKEN = 20
"""How long a token is at least."""


class SettingError(Exception):
    """A setting that cannot be used; the message is one line: which, what is wrong, what to do."""


def env_path(name: str, default: Path) -> Path:
    """A path, made absolute."""
    return Path(os.environ.get(name) or default).expanduser().resolve()


def env_int(name: str, default: int) -> int:
    """A whole number.  Raises SettingError."""
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()):  # `²` is a digit, and no number
        raise SettingError(f"{name} is `{text}`; give a whole number, such as {default}")
    return int(text)


def env_port(name: str, default: int) -> int:
    """A port number.  Raises SettingError."""
    port = env_int(name, default)
    if not 0 < port < 65536:
        raise SettingError(f"{name} is `{port}`; give a port from 1 to 65535, such as {default}")
    return port


def env_address(name: str, default: str) -> str:
    """An IP address of this machine, or all of them (`0.0.0.0`, `::`).  Raises SettingError."""
    text = os.environ.get(name) or default
    try:
        return str(ip_address(text))
    except ValueError:
        raise SettingError(f"{name} is `{text}`; give an IP address, such as {default} or 0.0.0.0") from None


def env_nets(name: str, default: str) -> tuple[tuple[int, int, int], ...]:
    """Nets between commas, each as how many bits an address has, how many of them differ, and the others as a number.

    Raises SettingError.
    """
    found: list[tuple[int, int, int]] = []
    for text in (os.environ.get(name) or default).split(","):
        try:
            net = ip_network(text.strip())
        except ValueError:
            raise SettingError(
                f"{name} has `{text.strip()}`; give nets between commas, such as {default}"
            ) from None
        shift = net.max_prefixlen - net.prefixlen
        found.append((net.max_prefixlen, shift, int(net.network_address) >> shift))
    return tuple(found)


def own_certificate() -> tuple[Path, Path] | None:
    """The company's own certificate and its key; None for the local authority's, which the demo always has.

    Raises SettingError when only one of the two is named.
    """
    names = ("TROTH_TLS_CERTIFICATE", "TROTH_TLS_KEY")
    given = [os.environ.get(name, "") for name in names]
    if env_bool("TROTH_DEMO") or not any(given):
        return None
    if not all(given):
        raise SettingError(f"{names[0]} and {names[1]} belong together; name both files, or neither")
    # Links are kept: whoever renews a certificate leads them elsewhere.
    certificate, key = (Path(each).expanduser().absolute() for each in given)
    return certificate, key


def env_bool(name: str, default: bool = False) -> bool:
    """`1` or `0`.  Raises SettingError for anything else."""
    text = os.environ.get(name, "1" if default else "0")
    if text not in ("0", "1"):
        raise SettingError(f"{name} is `{text}`; give 1 or 0")
    return text == "1"


def env_token(name: str) -> str:
    """The word in a file that a setting names; nothing when it names none.  Raises SettingError."""
    given = os.environ.get(name)
    if not given:
        return ""
    try:
        token = Path(given).expanduser().read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(
            f"{name} names `{given}`, which cannot be read; name a file with a token"
        ) from None
    if len(token) < LEAST_TOKEN or not token.isprintable() or " " in token:
        raise SettingError(
            f"{name}: the token in `{given}` is no word of {LEAST_TOKEN} letters or more; make one by"
            " `openssl rand -hex 32`"
        )
    return token


def own_file(name: str, home: Path) -> Path:
    """A file of the company: named by `TROTH_<NAME>`, else the home folder's, else the sample's."""
    given = os.environ.get("TROTH_" + name.split(".")[0].upper())
    if given:
        return Path(given).expanduser().resolve()
    return home / name if (home / name).is_file() else ROOT / name


def company(path: Path) -> dict[str, Any]:
    """The company's data.  Raises SettingError when the file is missing, no TOML or incomplete, or names no time zone."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingError(f"{path} is missing; write one with `troth init`") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: {error}; correct the line") from None
    if fault := next(faults(data), None):
        raise SettingError(f"{path}: {fault}")
    zone = data["company"].get("timezone", "UTC")
    if not _is_zone(zone):
        raise SettingError(
            f"{path}: `timezone` is `{zone}`, which is no zone; write one such as Europe/Prague"
        )
    return data


def _is_zone(name: object) -> bool:
    """Whether the machine knows the zone; the list of all zones would be read from as many files at each start."""
    try:
        return bool(ZoneInfo(str(name)))
    except (KeyError, ValueError, OSError):
        return False


def workspace_bytes(data: dict[str, Any]) -> int:
    """How many bytes of files one workspace may keep; 1 GB when nothing is said.  Raises SettingError."""
    most = data.get("workspaces", {}).get("file-bytes", 10**9)
    if not isinstance(most, int) or most < 1:
        raise SettingError(
            "company.toml: `file-bytes` in [workspaces] is no number of bytes; write one such as 1_000_000_000"
        )
    return most


def referral_credit(data: dict[str, Any]) -> tuple[int, str]:
    """What a referral brings whoever made it, in cents, and their currency; nothing when nothing is said.

    Raises SettingError.
    """
    said = data.get("referrals", {})
    cents, currency = said.get("credit", 0), said.get("currency", "USD")
    if not isinstance(cents, int) or cents < 0 or not re.fullmatch("[A-Z]{3}", str(currency)):
        raise SettingError(
            "company.toml: `credit` in [referrals] is a number of cents, and `currency` three letters such as USD"
        )
    return cents, currency


def recipients(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The register of recipients outside: name, country and privacy desk by the statement's word for each.

    The mail carrier's name and country stand in `[mail]`.  Raises SettingError for an entry nobody could write to.
    """
    carrier, found = data["mail"], {}
    for word, given in data.get("recipients", {}).items():
        known = {"name": carrier["carrier"], "country": carrier["country"]}
        entry = {**(known if word == carrier.get("recipient") else {}), "told-by": "mail", **given}
        where = f"company.toml: [recipients.{word}]"
        for key in ("name", "country", "desk"):
            if not entry.get(key):
                raise SettingError(f"{where} has no `{key}`; add it")
        if "@" not in entry["desk"]:
            raise SettingError(f"{where} has the desk `{entry['desk']}`; give an e-mail address")
        if entry["told-by"] != "mail":
            raise SettingError(f"{where} is told by `{entry['told-by']}`; the one way there is, is mail")
        found[word] = entry
    return found


STORE_NAMES = {"data": "Data store", "keys": "Key store", "files": "Stored files", "backups": "Backups"}


def store_countries(data: dict[str, Any]) -> dict[str, str]:
    """The country of each store, by what it is called (`[stores]`); where nothing is said, it stands with the company.

    Raises SettingError for what is no country's code.
    """
    told = data.get("stores", {})
    for word, country in told.items():
        if word not in STORE_NAMES or not re.fullmatch("[A-Z]{2}", str(country)):
            raise SettingError(
                f"company.toml: `{word}` in [stores] is no country of a store; write one of {', '.join(STORE_NAMES)},"
                ' and two capital letters such as "US"'
            )
    return {name: told.get(word, data["company"]["country"]) for word, name in STORE_NAMES.items()}


def refuse_old_sqlite() -> None:
    """Raises SettingError for an SQLite that can lose commits in WAL mode, where either store is one."""
    import sqlite3

    version = sqlite3.sqlite_version_info
    fixed = (
        any(version[:2] == line[:2] and version >= line for line in FIXED_SQLITE)
        or version >= FIXED_SQLITE[0]
    )
    elsewhere = all(os.environ.get(name) for name in ("TROTH_DATABASE_URL", "TROTH_KEYS_DATABASE_URL"))
    if not fixed and not elsewhere:
        raise SettingError(
            f"SQLite {sqlite3.sqlite_version} can lose commits in WAL mode;"
            " install the `pysqlite3` package of requirements/run.txt"
        )


def refuse_half_restored(home: Path) -> None:
    """Raises SettingError while a restore of this home is under way or was interrupted: the erased are still in it."""
    if (home / "restoring").exists():
        raise SettingError(
            f"`{home}` is half restored, and whoever was erased since the backup is still in it: run `troth restore`"
            " with the same backup once more"
        )
