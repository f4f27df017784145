"""A client of a workspace's API: `pip install troth[client]`, a key, and nothing else of Troth or of Django.

    with Client("https://localhost:8443", key) as client:
        for record in client.records(collection):
            ...

What fails for a moment is tried again, with more and more patience, and done once: each request that makes something
goes under an idempotency key of its own.
"""

from .client import Client
from .errors import ApiError, Conflict, Fault, Invalid, NotFound, Refused, TooMany, Unauthorized, Unavailable
from .told import Answer, Collection, Entry, Field, File, Key, Query, Record, Version, Workspace

__all__ = [
    "Answer",
    "ApiError",
    "Client",
    "Collection",
    "Conflict",
    "Entry",
    "Fault",
    "Field",
    "File",
    "Invalid",
    "Key",
    "NotFound",
    "Query",
    "Record",
    "Refused",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "Version",
    "Workspace",
]
