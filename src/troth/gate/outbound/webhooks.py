"""What is sent to a server of others: signed, over TLS, to the host that was named for it and nowhere else.

Providers and partners have theirs on a register, and what they get was disclosed, on record, before it comes here.
Customers name their own, and get nothing personal.  Nothing is followed: an answer that points elsewhere is no yes.
clause: share.providers, share.joint-offers, security.settings
"""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

SIGNATURE = "Troth-Signature"
DELIVERY = "Troth-Delivery"
TIMEOUT, LONGEST = 8.0, 20.0
"""Seconds without a byte, and from the first to the last: who answers a byte at a time keeps nobody else waiting."""
HTTPS = 443
LOOPBACK = "localhost"


class Undelivered(Exception):
    """The provider did not say that it has it.  The message names no address and no word of an answer."""


def signed(body: bytes, secret: str, now: float | None = None) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of `<seconds>.<body>`, so that neither can be changed, nor sent anew later."""
    stamp = str(int(now or time.time()))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


def send(
    endpoint: str, registered: str, body: bytes, secret: str, delivery: str, kind: str = "application/json",
    seconds: float = LONGEST,
) -> None:  # fmt: skip
    """POST a body to an address at the registered host (`name` or `name:port`).  Raises Undelivered.

    The address that the name stands for is looked up once, must not lie in a network of our own, and is the one that is
    connected to: a name that is changed meanwhile leads nowhere else.  An answer that drags on for `seconds` is none.
    """
    asked = urlsplit(endpoint)
    host, port = asked.hostname or "", asked.port or HTTPS
    if asked.scheme != "https" or (f"{host}:{asked.port}" if asked.port else host) != registered.lower():
        raise Undelivered("not at the registered host")
    headers = {
        "Content-Type": kind, SIGNATURE: signed(body, secret), DELIVERY: delivery,
        "Host": registered.lower(), "Connection": "close",
    }  # fmt: skip
    path = (asked.path or "/") + (f"?{asked.query}" if asked.query else "")
    try:
        plain = socket.create_connection((_address(host, port), port), min(TIMEOUT, seconds))
        with _context(host).wrap_socket(
            plain, server_hostname=host, do_handshake_on_connect=False
        ) as channel, _in_time(channel, seconds):  # fmt: skip
            channel.do_handshake()
            connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
            connection.sock = channel
            connection.request("POST", path, body=body, headers=headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Undelivered(f"no answer ({type(error).__name__})") from None
    if not 200 <= status < 300:
        raise Undelivered(f"answered {status}")


@contextmanager
def _in_time(channel: socket.socket, seconds: float) -> Iterator[None]:
    """Hang up after a while: a timeout of the socket begins anew with each byte."""

    def hang_up() -> None:
        with suppress(OSError):
            socket.socket.shutdown(channel, socket.SHUT_RDWR)

    clock = threading.Timer(seconds, hang_up)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()


def _address(host: str, port: int) -> str:
    """Where a host is.  Raises Undelivered for one inside our own networks; only `localhost`, by name, is here."""
    for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(each[4][0])
        at = ip_address(address)
        if at.is_loopback if host == LOOPBACK else _is_public(at):
            return address
    raise Undelivered("the host lies in no public network")


INNER = [ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::/96", "fec0::/10")]
"""Networks of IPv6 in which an address can stand for one of IPv4, or is of a site: where they lead is not ours to say."""


def _is_public(at: IPv4Address | IPv6Address) -> bool:
    return (
        at.is_global
        and not at.is_multicast
        and not any(at in net for net in INNER if net.version == at.version)
    )


def _context(host: str) -> ssl.SSLContext:
    own = settings.TROTH_AUTHORITY if host == LOOPBACK else None
    context = ssl.create_default_context(cafile=str(own) if own and Path(own).exists() else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
