"""The refusal itself: an audit hook that closes every socket but loopback and Unix ones.

Standard library only, since each process that a test starts loads it as well.
"""

import ipaddress
import socket
import sys
from functools import cache

FAMILIES = {-1, socket.AF_UNIX, socket.AF_INET, socket.AF_INET6}  # -1: made from a descriptor
ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

attempts: list[str] = []
"""What was refused, in order."""


class NetworkBlocked(OSError):
    """Something tried to leave the machine."""


def is_local(host: object) -> bool:
    """Whether `host`, as the socket module takes it, is this machine's loopback; a name is not looked up."""
    if host is None or host in ("localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(event: str, target: object) -> None:
    """Keep the attempt and raise `NetworkBlocked`."""
    attempts.append(f"{event} {target!r}")
    raise NetworkBlocked(
        f"{event} to `{target!r}` is blocked in tests: use 127.0.0.1, ::1 or a unix socket, "
        "and name the host in the Host header"
    )


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook: the events and their arguments are in the documentation of `socket`."""
    if event == "socket.__new__" and arguments[1] not in FAMILIES:
        refuse(event, arguments[1])
    elif event in ADDRESSED:
        address = arguments[1]
        # Unix addresses are text or bytes; a connected socket sends to no address at all.
        if isinstance(address, tuple) and not is_local(address[0]):
            refuse(event, address)
    elif event in NAMED and arguments[0] == socket.gethostname():
        # socket.getfqdn asks for the machine's own name and goes on without an answer: no failure.
        raise NetworkBlocked("the machine's own name is not looked up in tests")
    elif event in NAMED and not is_local(arguments[0]):
        refuse(event, arguments[0])


@cache
def install() -> None:
    """Block the network in this process, until it ends; a second call does nothing."""
    sys.addaudithook(watch)
