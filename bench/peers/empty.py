"""The house's own door with an application that does nothing behind it: what remains is the door's price."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from troth.config.door import make_door


def nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Nothing happened since."""
    start_response("304 Not Modified", [("Cache-Control", "no-store")])
    return []


app = make_door(nothing)
