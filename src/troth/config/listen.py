"""The listeners: TLS for the door, and a plain port that only sends browsers to the TLS one."""

from __future__ import annotations

import argparse
import asyncio
import errno
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels

from troth.config.bridge import Exchange, plain
from troth.config.connections import Connections
from troth.config.renewing import LOOK_SECONDS, CannotListen, Renewing, check_certificate
from troth.config.supervise import CANNOT_START, end_with_parent

if TYPE_CHECKING:
    from granian.rsgi import Scope

CONNECTIONS = 2048
_HEAD_BYTES = 64 * 1024
_HEAD_MILLISECONDS = 10_000
_STOP_SECONDS = 3
_OVERLAP_SECONDS = 3.5
"""How long the old process serves beside the new one, which has Django to load first."""


def check_port(address: str, port: int) -> None:
    """Raise `CannotListen` unless the port can be listened at. Leaves it free."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            trial.listen()
        except OSError as error:
            raise CannotListen(_port_advice(address, port, error)) from error


def _port_advice(address: str, port: int, error: OSError) -> str:
    where = f"cannot listen at `{address}:{port}`"
    if error.errno == errno.EADDRINUSE:
        return f"{where}: the port is taken; stop what uses it or give another with `--port` or TROTH_PORT"
    if error.errno == errno.EACCES:
        return f"{where}: ports below 1024 need a privilege; give a higher one with `--port` or TROTH_PORT"
    return f"{where} ({error.strerror}); give an address of this machine with TROTH_LISTEN"


class Redirect:
    """The plain-HTTP application: 308 to the same address under https for a known host, 400 for any other."""

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        self._hosts, self._suffix = frozenset(hosts), "" if port == 443 else f":{port}"

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make the process end with the one that started it, and end idle connections."""
        end_with_parent()
        self._watch = loop.create_task(Connections(idle_seconds=15.0).watch())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop watching connections."""
        self._watch.cancel()

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request without reading its body."""
        host = self.host_of(scope)
        if host is None:
            status, headers, words = plain(400, "this host is not served here")
        else:
            status, headers, words = plain(308, "this site speaks https only")
            query = f"?{scope.query_string}" if scope.query_string else ""
            # The server gives the path decoded; whatever could end the header is quoted again here.
            path = quote(
                scope.path if scope.path.startswith("/") else "/",
                safe="/:@!$&'()*+,;=~",
            )
            headers.append(("location", f"https://{host}{self._suffix}{path}{query}"))
        if scope.http_version.startswith("1"):
            headers.append(("connection", "close"))
        exchange.response_str(status, headers, words)

    def host_of(self, scope: Scope) -> str | None:
        """The host the client asked for, without port and in lower case, if it is one of ours."""
        named = scope.authority or scope.headers.get("host") or ""
        host = named.partition(":")[0].lower()
        return host if host in self._hosts else None


def _door(target: str) -> Any:
    """Load the door in the process that serves. Not earlier: the one above it stays small."""
    end_with_parent()
    # Not by the server's own loader: started in a folder that is a package, it takes that for the parent of ours.
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _redirect(_: str, hosts: Sequence[str], port: int) -> Redirect:
    return Redirect(hosts, port)


def _allow_files() -> None:
    """Raise the number of open files to what the connections need, as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 512
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _run(
    target: str,
    load: Callable[[str], Any],
    address: str,
    port: int,
    pem: tuple[Path, Path] | None,
    look: float = LOOK_SECONDS,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way get `_STOP_SECONDS` to finish.

    A new certificate is taken when its files change, looked at each `look` seconds, or at a SIGHUP.
    """
    _allow_files()
    certificate, key = pem or (None, None)
    server = Renewing(
        target,
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        blocking_threads=1,
        runtime_threads=1,
        runtime_blocking_threads=64,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_HEAD_BYTES),
        http2_settings=HTTP2Settings(
            max_concurrent_streams=64,
            max_headers_size=_HEAD_BYTES,
            keep_alive_interval=20_000,
            initial_stream_window_size=256 * 1024,
        ),
        log_level=LogLevels.warning,
        log_access=False,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        workers_kill_timeout=_STOP_SECONDS,
        respawn_interval=_OVERLAP_SECONDS,
    )
    if pem:
        server.watch(*pem, look)
    server.serve(target_loader=load)


def serve(
    address: str,
    port: int,
    certificate: Path,
    key: Path,
    target: str = "troth.config.door:app",
    look: float = LOOK_SECONDS,
) -> None:
    """Serve the door (or another RSGI `target`) over TLS 1.2 and 1.3. Raises `CannotListen`."""
    check_certificate(certificate, key)
    check_port(address, port)
    _run(target, _door, address, port, (certificate, key), look)


def serve_redirect(address: str, port: int, to_port: int, hosts: Sequence[str]) -> None:
    """Send plain HTTP to https on `to_port`, for `hosts` only. Raises `CannotListen`."""
    check_port(address, port)
    _run(
        "redirect",
        partial(_redirect, hosts=tuple(hosts), port=to_port),
        address,
        port,
        None,
    )


def door_command(address: str, port: int, certificate: Path, key: Path) -> tuple[str, ...]:
    """The command line of a process that runs `serve`."""
    return (
        sys.executable,
        "-m",
        __name__,
        "door",
        address,
        str(port),
        str(certificate),
        str(key),
    )


def redirect_command(address: str, port: int, to_port: int, hosts: Sequence[str]) -> tuple[str, ...]:
    """The command line of a process that runs `serve_redirect`."""
    return (
        sys.executable,
        "-m",
        __name__,
        "redirect",
        address,
        str(port),
        str(to_port),
        *hosts,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one listener; 78 after one line on standard error when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m troth.config.listen")
    kinds = parser.add_subparsers(dest="kind", required=True)
    door, redirect = kinds.add_parser("door"), kinds.add_parser("redirect")
    for each in (door, redirect):
        each.add_argument("address")
        each.add_argument("port", type=int)
    door.add_argument("certificate", type=Path)
    door.add_argument("key", type=Path)
    door.add_argument("--target", default="troth.config.door:app")
    door.add_argument("--look", type=float, default=LOOK_SECONDS)
    redirect.add_argument("to_port", type=int)
    redirect.add_argument("hosts", nargs="+")
    given = parser.parse_args(arguments)
    try:
        if given.kind == "door":
            serve(given.address, given.port, given.certificate, given.key, given.target, given.look)
        else:
            serve_redirect(given.address, given.port, given.to_port, given.hosts)
    except CannotListen as error:
        print(f"troth: {error}", file=sys.stderr, flush=True)
        return CANNOT_START
    return 0


if __name__ == "__main__":
    sys.exit(main())
