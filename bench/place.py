"""A house of its own for one run: a folder on the checkout's disk, keys, both stores, the statement published."""

import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"
SHOWN = ("Django", "cryptography", "pysqlite3", "pycasbin", "cedarpy", "django-fernet-encrypted-fields")


@contextmanager
def house() -> Iterator[Path]:
    """Set Django up in a new folder, removed at the end.  In RESULTS, since a folder in memory would sync for free."""
    RESULTS.mkdir(exist_ok=True)
    # Stopped from outside, the run still takes its folder away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    home = Path(tempfile.mkdtemp(prefix="home-", dir=RESULTS))
    try:
        os.environ.update(TROTH_HOME=str(home), DJANGO_SETTINGS_MODULE="bench.settings", TROTH_MAIL_HELD="1")
        _build(home)
        yield home
    finally:
        shutil.rmtree(home)


def _build(home: Path) -> None:
    from troth.gate.keystore.beginning import begin

    begin(home / "keys", home / "keys" / "tombstones")
    import django

    django.setup()
    from django.core.management import call_command

    from troth.gate.journal.integrating import begin_log
    from troth.gate.published import statement

    for store in ("default", "keys"):
        call_command("migrate", database=store, interactive=False, verbosity=0)
        # The peers' tables have no history, and some name the house's: on PostgreSQL those must be there first.
        call_command("migrate", database=store, interactive=False, verbosity=0, run_syncdb=True)
    begin_log()
    statement.publish()


def machine(home: Path) -> dict[str, Any]:
    """What the figures were taken on, with the peers' versions and the cost of one write that is really on disk."""
    import sqlite3

    return {
        "taken": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
        "python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "processors": os.cpu_count(),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "versions": ", ".join(f"{name} {version(name)}" for name in SHOWN),
        "one 4 KiB write and fdatasync": f"{_sync_seconds(home) * 1e3:.2f} ms",
    }


def _sync_seconds(home: Path, times: int = 20) -> float:
    path, taken = home / "probe", []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return median(taken)
