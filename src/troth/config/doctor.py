"""`troth doctor`: what is wrong with this install, in one line each."""

import io
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from troth.gate import roles
from troth.gate.errors import SealError
from troth.gate.files import away
from troth.gate.journal.models import Entry
from troth.gate.keystore.keys import keeper, match_store
from troth.gate.keystore.routing import MIGRATED
from troth.gate.keystore.turning import escrow_standing
from troth.gate.outbound import mail, payments, probe
from troth.gate.schedule.models import Lease
from troth.gate.subjects import keyless, retention, wall
from troth.gate.subjects.models import Erasure

from . import databases, served
from .environment import SettingError, own_certificate, refuse_half_restored, refuse_old_sqlite
from .hosted_files import is_loopback

LEAST_SPACE = 200 * 1024 * 1024
OLDEST_BACKUP = timedelta(days=2)
LONGEST_ERASURE = timedelta(hours=1)
LATEST_CARRIED = 3600.0
TOLD_OF_LEAP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    is_well: bool
    what: str


def examine() -> list[Finding]:
    """Look at everything; a look that fails is a finding, not an end."""
    return [finding for look in LOOKS for finding in _guarded(look)]


def _guarded(look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except (DatabaseError, OSError, SealError) as error:
        return [
            Finding(
                False,
                f"{look.__name__.strip('_')}: {type(error).__name__}; is the store there, and the worker idle?",
            )
        ]


def _sqlite() -> Iterator[Finding]:
    try:
        refuse_old_sqlite()
        yield Finding(True, "the database library keeps every commit")
    except SettingError as error:
        yield Finding(False, str(error))


def _stores() -> Iterator[Finding]:
    for store in connections.all():
        store.ensure_connection()
        answers = store.is_usable()
        yield Finding(
            answers,
            f"the `{store.alias}` store {'answers' if answers else 'does not answer'} ({store.vendor})",
        )


def _migrations() -> Iterator[Finding]:
    for store in MIGRATED:
        has_all = roles.is_migrated(store)
        told = "has its tables" if has_all else "lacks tables; run `troth init`"
        yield Finding(has_all, f"the `{store}` store {told}")


def _roles() -> Iterator[Finding]:
    for store in MIGRATED:
        if connections[store].vendor != "postgresql":
            continue
        opens, more = roles.lacking(store)
        for power in opens:
            yield Finding(
                False,
                f"the role that serves the `{store}` store {power}: row-level security does not hold for it; take that"
                " away",
            )
        if more:
            told = f"{', '.join(more)}; a role that owns nothing would be safer (`docs/production.md`)"
            yield Finding(
                store not in settings.TROTH_OWNERS, f"the role that serves the `{store}` store {told}"
            )
        elif not opens:
            yield Finding(True, f"the role that serves the `{store}` store owns nothing")


def _wall() -> Iterator[Finding]:
    for table in (missing := wall.missing()):
        yield Finding(False, f"`{table}` has no row-level security; run `troth init` as the tables' owner")
    if not missing:
        second = (
            "each hosted table is walled" if connection.vendor == "postgresql" else "SQLite has no second one"
        )
        yield Finding(True, f"the wall between workspaces stands ({second})")


def _declarations() -> Iterator[Finding]:
    try:
        call_command("check", verbosity=0, stdout=io.StringIO())
        yield Finding(True, "every model declares what it holds")
    except SystemCheckError as error:
        yield Finding(False, str(error).splitlines()[0])


def _keys() -> Iterator[Finding]:
    problems = list(keeper().health())
    try:
        match_store()
    except SealError as error:
        problems.append(str(error))
    yield from (Finding(False, problem) for problem in problems)
    if not problems:
        yield Finding(
            True, "the key folder is whole, private and of this data, and the tombstone journal is uncut"
        )


def _keyless() -> Iterator[Finding]:
    missing = keyless.count()
    yield Finding(
        not missing,
        f"{missing} subjects have no key and were not erased: nobody can read what is held of them; put the key store"
        " back from the newest backup"
        if missing
        else "every subject has its key",
    )


def _escrow() -> Iterator[Finding]:
    yield Finding(*escrow_standing())


def _backup() -> Iterator[Finding]:
    try:
        refuse_half_restored(Path(settings.TROTH_HOME))
    except SettingError as error:
        yield Finding(False, str(error))
    note = Path(settings.TROTH_HOME) / "last-backup"
    if not note.is_file():
        yield Finding(False, "no backup was taken; run `troth backup DIR`, daily")
        return
    age = datetime.now(UTC) - datetime.fromisoformat(note.read_text(encoding="utf-8").split()[0])
    yield Finding(
        age < OLDEST_BACKUP, f"the last backup is {age.days} days old; take one daily with `troth backup`"
    )


def _erasures() -> Iterator[Finding]:
    since = timezone.now() - LONGEST_ERASURE
    stuck = Erasure.objects.filter(state=Erasure.State.BEGUN, begun_at__lt=since).count()
    yield Finding(
        not stuck,
        f"{stuck} erasures began more than an hour ago and are not done; the worker's log says which error stops them"
        if stuck
        else "no erasure is stuck",
    )


def _certificate() -> Iterator[Finding]:
    own = own_certificate()
    if own is None:
        return
    wrong = served.faults(own[0].read_bytes(), sorted(settings.TROTH_HOSTS.values()), datetime.now(UTC))
    yield Finding(
        not wrong,
        f"TROTH_TLS_CERTIFICATE: {'; '.join(wrong)}; put a new one in its place and start again"
        if wrong
        else "the certificate is for every host, its chain whole, and does not end within 14 days",
    )


def _lines() -> Iterator[Finding]:
    """What goes over the network to our own stores and to the relay is TLS, with the other side's name checked."""
    for store in MIGRATED:
        if connections[store].vendor != "postgresql":
            continue
        connections[store].ensure_connection()
        is_tls = bool(connections[store].connection.pgconn.ssl_in_use)
        is_checked = is_tls and connections[store].settings_dict["OPTIONS"].get("sslmode") == databases.FULL
        host = str(connections[store].settings_dict["HOST"])
        told = (
            "TLS, with its name checked" if is_checked else "TLS, unchecked" if is_tls else "in clear, on this machine"
        )  # fmt: skip
        is_here = not host or host.startswith("/") or is_loopback(host)
        yield Finding(is_checked or is_here, f"the line to the `{store}` store: {told}")
    if settings.TROTH_MAIL_HELD:
        return
    try:
        with mail.line():
            yield Finding(
                True, f"the mail relay answers ({'TLS' if settings.EMAIL_USE_TLS else 'on this machine'})"
            )
    except mail.CarrierAway as away_for:
        yield Finding(False, f"the mail relay cannot be used: {away_for}; look at TROTH_SMTP_HOST")


def finds_server() -> Finding:
    """Whether the server of this install answers, asked as any visitor asks."""
    try:
        found = probe.get(
            settings.TROTH_HOSTS["company"],
            settings.TROTH_PORT,
            "/health",
            authority=settings.TROTH_AUTHORITY,
        )
    except probe.Unreachable as error:
        return Finding(False, f"{error}; start `troth serve`")
    return Finding(found.status == 200, found.body.strip())


def finds_worker() -> Finding:
    """Whether a worker ran within two minutes."""
    lease = Lease.objects.filter(job="ledger").first()
    ran = lease.last_ran_at if lease else None
    is_alive = ran is not None and datetime.now(UTC) - ran < timedelta(minutes=2)
    return Finding(
        is_alive, "the worker runs" if is_alive else "the worker does not run; start `troth worker`"
    )


def _worker() -> Iterator[Finding]:
    yield finds_worker()
    waiting = Entry.objects.filter(index=None).count()
    yield Finding(waiting < 10_000, f"{waiting} entries wait for the ledger")


def _clock() -> Iterator[Finding]:
    gap, since = retention.leap(), retention.leapt_at()
    if gap is not None:
        yield Finding(
            False,
            f"by this clock, retention last ran {abs(gap).days} days {'ago' if gap > timedelta() else 'ahead'};"
            " is the clock right, and did the worker run?",
        )
    elif since is not None and abs(timezone.now() - since) < TOLD_OF_LEAP:
        yield Finding(
            False,
            f"the clock leapt, or no worker ran for days, until {since:%Y-%m-%d %H:%M} UTC; is the clock wrong? Then mend"
            " it at once: an hour later, what is past by it is deleted",
        )
    else:
        yield Finding(True, "the clock goes evenly")


def _files() -> Iterator[Finding]:
    bucket = away.bucket()
    if bucket is None:
        yield Finding(True, "stored files lie in their folder")
        return
    try:
        bucket.probe()
        yield Finding(True, "the bucket of stored files takes, gives and forgets")
    except OSError as error:
        yield Finding(
            False,
            f"the bucket of stored files cannot be used: {error}; look at TROTH_FILES_URL and at the provider",
        )
    late = away.waiting(time.time() - LATEST_CARRIED)
    yield Finding(not late, f"{late} stored files wait for longer than an hour to be carried to the bucket")


def _processors() -> Iterator[Finding]:
    for name, told in settings.TROTH_PROCESSORS.items():
        if name == "sandbox" and not settings.TROTH_DEMO:
            yield Finding(True, "no payment processor is set up, so nothing can be bought (`[processor]`)")
            continue
        if told["recipient"] not in settings.TROTH_RECIPIENTS:
            yield Finding(
                False, f"`[recipients.{told['recipient']}]` is missing in company.toml: add {told['name']}"
            )
        try:
            payments.processor(name).probe()
            yield Finding(True, f"the payment processor {told['name']} knows us")
        except payments.ProcessorAway as error:
            yield Finding(False, f"the payment processor {told['name']} cannot be used: {error}")


def _space() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.TROTH_HOME).free
    yield Finding(free > LEAST_SPACE, f"{free // 1024**2} MiB free where the data lies")


LOOKS = (
    _sqlite,
    _stores,
    _migrations,
    _declarations,
    _roles,
    _wall,
    _keys,
    _keyless,
    _escrow,
    _backup,
    _erasures,
    _certificate,
    _lines,
    _worker,
    _clock,
    _files,
    _processors,
    _space,
)
