"""What an attack looks like: signs of one, the rules that count them, the patterns of requests, nets of addresses."""

from .signs import (
    CHALLENGING,
    LISTENERS,
    READERS,
    REPORTED,
    Sign,
    is_challenged,
    mark,
    quietly,
    reports,
    saw,
    used,
    watching,
)

__all__ = [
    "CHALLENGING",
    "LISTENERS",
    "READERS",
    "REPORTED",
    "Sign",
    "is_challenged",
    "mark",
    "quietly",
    "reports",
    "saw",
    "used",
    "watching",
]
