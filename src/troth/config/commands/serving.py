"""`troth demo`, `troth serve`, `troth worker`: run the site."""

import argparse
import os
import secrets
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from ..environment import ROOT, env_address, env_path, env_port, refuse_half_restored

IDLE = 0.2
"""Seconds the worker rests when nothing is due."""


def add(commands: Any) -> None:
    """Add this family to the command line."""
    demo = commands.add_parser("demo", help="run the sample company, with everything it needs")
    demo.add_argument("--home", type=Path, help="folder for data (TROTH_HOME, else ./var)")
    demo.add_argument("--port", type=int, help="port for TLS (TROTH_PORT, PORT, else 8443)")
    demo.set_defaults(run=run_demo)
    serve = commands.add_parser("serve", help="serve the site and its redirect listener")
    serve.add_argument("--with-worker", action="store_true", help="run the worker beside it")
    serve.set_defaults(run=run_serve)
    worker = commands.add_parser("worker", help="run the schedule: ledger, outbox, retention, keys")
    worker.set_defaults(run=run_worker)


def run_demo(options: argparse.Namespace) -> int:
    """Everything from nothing: keys, stores, sample people, server, worker."""
    home = (options.home or Path(os.environ.get("TROTH_HOME") or ROOT / "var")).expanduser().resolve()
    given = (
        options.port if options.port is not None else os.environ.get("TROTH_PORT") or os.environ.get("PORT")
    )
    os.environ.update(TROTH_HOME=str(home), TROTH_PORT=str(8443 if given is None else given), TROTH_DEMO="1")
    port = env_port("TROTH_PORT", 8443)
    os.environ.setdefault("TROTH_PLAIN_PORT", str(port - 363 if port > 1387 else 8080))
    os.environ.setdefault("TROTH_SANDBOX_SECRET", secrets.token_urlsafe(32))
    return _run(with_worker=True, sample=True)


def run_serve(options: argparse.Namespace) -> int:
    """The server of an install that `troth init` made."""
    return _run(with_worker=options.with_worker, sample=False)


def _run(*, with_worker: bool, sample: bool) -> int:
    from .. import listen, supervise
    from . import preparing

    home, address = env_path("TROTH_HOME", ROOT / "var"), env_address("TROTH_LISTEN", "127.0.0.1")
    port, plain = env_port("TROTH_PORT", 8443), env_port("TROTH_PLAIN_PORT", 8080)
    for number in (port, plain, *([port + 1] if sample else [])):
        listen.check_port(address, number)
    with supervise.hold(home) as lock:
        certificates = preparing.prepare(home, sample=sample, serves=not sample)
        from django.conf import settings

        hosts = sorted(settings.TROTH_HOSTS.values())
        children = [
            supervise.Child(
                "server",
                listen.door_command(address, port, certificates.server, certificates.key),
                takes_hup=True,
            ),
            supervise.Child("redirect", listen.redirect_command(address, plain, port, hosts)),
        ]
        if with_worker:
            children.append(supervise.Child("worker", (sys.executable, "-m", "troth.config.cli", "worker")))
        if sample and "sandbox" in settings.TROTH_PROCESSORS:
            children.append(supervise.Child("sandbox", _sandbox(port + 1, certificates)))
        print(preparing.greeting(certificates, sample=sample), flush=True)
        return supervise.run(children, lock)


def _sandbox(port: int, certificates: Any) -> tuple[str, ...]:
    """The demo's payment processor: another company, so another process, which is told where to call."""
    from django.conf import settings

    hook = settings.TROTH_BASE_URLS["company"] + "/payments/hook/sandbox/"
    files = (certificates.server, certificates.key, certificates.authority)
    return (sys.executable, "-m", "troth.sandbox", str(port), *map(str, files), hook)


def run_worker(options: argparse.Namespace) -> int:
    """Run what is due, again and again, until told to stop; several workers share the work safely."""
    from ..cli import set_up

    refuse_half_restored(env_path("TROTH_HOME", ROOT / "var"))
    set_up()
    from django.db import DatabaseError, close_old_connections

    from troth.gate.published import statement
    from troth.gate.schedule.leases import run_due

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            statement.refresh()
            busy = run_due()
        except DatabaseError as error:
            print(
                f"worker: the database did not answer ({type(error).__name__}); trying again", file=sys.stderr
            )
            close_old_connections()
            busy = 0
        stop.wait(0.02 if busy else IDLE)
    return 0
