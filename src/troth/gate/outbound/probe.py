"""How controls and `doctor` look at the running server from outside: requests and TLS handshakes."""

import http.client
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings

TLS_1_1, TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3

TIMEOUT = 5.0
"""Seconds a probe waits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as a control needs it."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key.lower() == name]


class Unreachable(Exception):
    """The server is down, or does not answer as asked."""


def get(
    host: str, port: int, path: str, *, authority: Path | None, connect_to: str = "", tls: bool = True,
    method: str = "GET", body: str | None = None, headers: dict[str, str] | None = None, sni: str = "",
    connect_from: str = "",
) -> Answer:  # fmt: skip
    """One request to a host served at `connect_to`, or else where this install listens.  Raises Unreachable.

    `connect_from` is an address of this machine to be seen under.
    """
    try:
        source = (connect_from, 0) if connect_from else None
        plain = socket.create_connection((connect_to or _here(), port), TIMEOUT, source)
        channel = _context(authority).wrap_socket(plain, server_hostname=sni or host) if tls else plain
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        connection.sock = channel
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read(2_000_000).decode("utf-8", "replace")
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{host}:{port} did not answer ({type(error).__name__})") from error
    return Answer(answer.status, answer.getheaders(), text)


def handshake(
    host: str, port: int, version: ssl.TLSVersion, *, authority: Path | None, connect_to: str = ""
) -> bool:
    """Whether the server agrees to exactly this TLS version.  Raises Unreachable when nobody listens, or answers."""
    context = _context(authority)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    context.minimum_version = version
    # The client must be able to speak the old version, or it would be refusing on the server's behalf.
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        plain = socket.create_connection((connect_to or _here(), port), TIMEOUT)
    except OSError as error:
        raise Unreachable(f"{host}:{port} did not answer ({type(error).__name__})") from error
    try:
        with context.wrap_socket(plain, server_hostname=host) as channel:
            return channel.version() is not None
    except (ssl.SSLError, ConnectionError):
        return False
    except OSError as error:  # it took the connection and said nothing
        raise Unreachable(f"{host}:{port} did not answer ({type(error).__name__})") from error
    finally:
        plain.close()


def _here() -> str:
    """Where this install listens; loopback where that is everywhere."""
    address = ip_address(settings.TROTH_LISTEN)
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)


def _context(authority: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority) if authority else None)
