"""What must stand before anything is served: keys, stores, the statement in force, static files, sample people."""

import io
import os
from pathlib import Path

from ..certificates import Certificates, ensure
from ..environment import SettingError, env_path, refuse_half_restored, refuse_old_sqlite


def prepare(home: Path, *, sample: bool) -> Certificates:
    """Make or renew whatever is missing.  Raises the errors that the command line explains."""
    from troth.gate.keystore.beginning import begin

    refuse_old_sqlite()
    refuse_half_restored(home)
    os.umask(0o077)
    home.mkdir(parents=True, exist_ok=True)
    keys = env_path("TROTH_KEYS", home / "keys")
    if not keys.exists() and any((home / store).exists() for store in ("keystore.sqlite3", "troth.sqlite3")):
        raise SettingError(
            f"key folder `{keys}` is missing, but not what it sealed: put it back from the escrow"
        )
    begin(keys, env_path("TROTH_TOMBSTONES", keys / "tombstones"))
    prepare_stores()
    if sample:
        from .sample import fill

        fill()
    return ensure(home / "tls")


def prepare_stores() -> None:
    """Migrate both stores, publish the statement in force, begin the log, gather static files."""
    from ..cli import set_up

    set_up()
    migrate()
    from django.core.management import call_command

    from troth.gate.journal.integrating import announce, begin_log
    from troth.gate.keystore.keys import keeper, turn_epoch
    from troth.gate.published import statement
    from troth.gate.subjects import keyless

    call_command("check", databases=["default", "keys"], stdout=io.StringIO(), stderr=io.StringIO())
    keyless.begin_store()
    # After a long pause the epochs are overdue; every other problem is one to mend before anything is served.
    turn_epoch()
    for problem in keeper().health():
        raise SettingError(problem)
    begin_log()
    if statement.publish():
        announce(statement.current().version)
    call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())


def migrate(*, is_lost: bool = False) -> None:
    """Bring both stores to the form of this version.  Raises KeyStoreError where data has lost its key store.

    `is_lost` says that this is known, and that another is to be made.
    """
    from django.core.management import call_command

    from troth.gate.keystore.routing import MIGRATED
    from troth.gate.subjects import keyless

    for store, apps in MIGRATED.items():
        if store == "keys" and not is_lost:
            keyless.refuse_lost()
        call_command("migrate", *apps, database=store, interactive=False, verbosity=0, stdout=io.StringIO())


def greeting(trust: str, *, sample: bool) -> str:
    """What a person at the terminal needs to know."""
    from django.conf import settings

    urls = settings.TROTH_BASE_URLS
    lines = ["", f"  {settings.TROTH_COMPANY['company']['name']} is served at {urls['company']}"]
    lines += [f"  community   {urls['community']}", f"  workspace   {urls['workspace']}", ""]
    if sample:
        lines += ["  Sign in from the foot of any page, as one of these:"]
        lines += [f"    {p['title']:<16} {p['name']}" for p in settings.TROTH_COMPANY["staff"]]
        lines += ["", "  Mail is shown in the office and not sent."]
    lines += [
        "  The certificate is this machine's own. To trust it:",
        f"    {trust}",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)
