"""What must stand before anything is served: keys, stores, the statement in force, static files, sample people."""

import io
import os
from pathlib import Path

from ..certificates import Certificates, ensure
from ..environment import SettingError, env_path, own_certificate, refuse_half_restored, refuse_old_sqlite
from ..processors import SANDBOX_HOST
from ..renewing import check_certificate
from .new_stores import make_tables


def prepare(home: Path, *, sample: bool, serves: bool = False) -> Certificates:
    """Make or renew whatever is missing; nothing before all that is there was found to fit together.

    Whoever `serves` does so as the serving role alone.  Raises the errors that the command line explains.
    """
    from troth.gate.keystore.beginning import begin, refuse_broken

    keys = env_path("TROTH_KEYS", home / "keys")
    refuse_old_sqlite()
    refuse_half_restored(home)
    refuse_broken(keys)
    os.umask(0o077)
    home.mkdir(parents=True, exist_ok=True)
    own = own_certificate()
    if own:
        check_certificate(*own)
    _refuse_unfit()
    begin(keys, env_path("TROTH_TOMBSTONES", keys / "tombstones"))
    _prepare_stores(keys, serves=serves)
    if sample:
        from .sample import fill

        fill()

    return Certificates(*own) if own else ensure(home / "tls", _hosts(sample))


def _hosts(sample: bool) -> list[str]:
    """The names a local certificate is for; the demo's processor has one of its own."""
    from django.conf import settings

    return sorted([*settings.TROTH_HOSTS.values(), *([SANDBOX_HOST] if sample else [])])


def _refuse_unfit() -> None:
    """Look, before anything is written, whether statement, code, settings and what is there of old belong together.

    Raises StatementError for a statement that lacks what the code does, KeyStoreError for data without its keys,
    SettingError for the rest.
    """
    from ..cli import set_up

    set_up()
    from django.core.checks import run_checks

    from troth.engine.statement import StatementError
    from troth.gate.subjects import keyless

    from .statements import against_the_code

    if missing := [problem for problem in against_the_code() if problem.severity == "error"]:
        raise StatementError(missing)
    for message in run_checks():
        if message.is_serious() and not message.is_silenced():
            raise SettingError(f"{message.msg}; {message.hint}" if message.hint else message.msg)
    keyless.refuse_missing_folder()


def _prepare_stores(keys: Path, *, serves: bool) -> None:
    """Migrate both stores, publish the statement in force, begin the log, gather static files."""
    from django.conf import settings
    from django.core.management import call_command

    from troth.gate import roles
    from troth.gate.journal.integrating import announce, begin_log
    from troth.gate.keystore.boxes import django_secret
    from troth.gate.keystore.keys import keeper
    from troth.gate.keystore.turning import turn_epoch
    from troth.gate.published import statement
    from troth.gate.subjects import keyless
    from troth.workspaces import company

    if serves:
        migrate()
    else:
        with roles.owning():
            migrate()
    settings.SECRET_KEY = django_secret(keys)  # at the first start there was none when the settings were read
    call_command("check", tags=["database"], databases=["default", "keys"], stdout=io.StringIO())
    keyless.begin_store()
    # After a long pause the epochs are overdue; every other problem is one to mend before anything is served.
    turn_epoch()
    for problem in keeper().health():
        raise SettingError(problem)
    begin_log()
    statement.refresh(at_once=True)
    if statement.publish():
        announce(statement.current().version)
    company.begin()
    call_command("collectstatic", interactive=False, verbosity=0, stdout=io.StringIO())


def migrate(*, is_lost: bool = False) -> None:
    """Bring both stores to the form of this version, or find that they have it where the role may make no tables.

    `is_lost` says that the key store is known to be lost, and that another is to be made.  Raises KeyStoreError where
    data has lost its key store otherwise, SettingError where a store lacks tables and cannot get them.
    """
    from django.core.management import call_command

    from troth.gate import roles
    from troth.gate.keystore.routing import MIGRATED
    from troth.gate.subjects import keyless

    for store, apps in MIGRATED.items():
        if store == "keys" and not is_lost:
            keyless.refuse_lost()
        if roles.may_make_tables(store):
            make_tables(store)
            call_command(
                "migrate", *apps, database=store, interactive=False, verbosity=0, stdout=io.StringIO()
            )
        elif not roles.is_migrated(store):
            raise SettingError(
                f"the `{store}` store lacks tables of this version, and the role that serves may make none: run"
                " `troth init` with the owner’s URLs"
            )


def greeting(certificates: Certificates, *, sample: bool) -> str:
    """What a person at the terminal needs to know."""
    from django.conf import settings

    urls = settings.TROTH_BASE_URLS
    lines = ["", f"  {settings.TROTH_COMPANY['company']['name']} is served at {urls['company']}"]
    lines += [f"  community   {urls['community']}", f"  workspace   {urls['workspace']}", ""]
    if sample:
        lines += ["  Sign in from the foot of any page, as one of these:"]
        lines += [f"    {p['title']:<16} {p['name']}" for p in settings.TROTH_COMPANY["staff"]]
        lines += ["", "  Mail is shown in the office and not sent."]
    if certificates.authority:
        trust = certificates.trust_command()
        lines += ["  The certificate is this machine's own. To trust it:", f"    {trust}", ""]
    lines += ["  Ctrl-C stops everything.", ""]
    return "\n".join(lines)
