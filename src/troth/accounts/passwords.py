"""Which passwords are good enough, and why: length, lists of common ones, the person's own words, and guessing.

No rules on kinds of characters, and nothing is cut off (NIST SP 800-63B, section 3.1.1).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

FULL, BESIDE_A_SECOND_FACTOR = 15, 8
"""Fewest characters of a password that stands alone, and of one beside a second factor."""

OWN_WORD = 4
"""Parts of names and addresses shorter than this occur in any text."""

LEAST_GUESSES, BESIDE = 10**8, 10**6
"""What a guessing program has to go through at the least; the second is for a password beside a second factor."""

LOOKED_AT = 72
"""Guessing is reckoned from so many characters; what follows only adds to them."""

ADVICE = "A few words that have nothing to do with each other, or with you, are easy to remember and hard to guess."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the meter says of a password, and why."""

    is_enough: bool
    faults: tuple[str, ...]
    words: str


def validate(password: str, user_words: Iterable[str] = (), has_second_factor: bool = False) -> None:
    """Raises ValidationError with a sentence for each thing wrong and one on what to do."""
    answer = explain(password, user_words, has_second_factor)
    if not answer.is_enough:
        raise ValidationError([*answer.faults, ADVICE])


def explain(password: str, user_words: Iterable[str] = (), has_second_factor: bool = False) -> Answer:
    """What is wrong with a password, or how hard it is to guess.  `user_words` are names and addresses as typed."""
    own = own_words(user_words)
    faults = [*_length(password, has_second_factor), *_known(password, own)]
    guess = guessed(password[:LOOKED_AT], own) if password else {}
    if not faults and guess["guesses"] < (BESIDE if has_second_factor else LEAST_GUESSES):
        faults.append(guess["feedback"]["warning"] or "A program guesses this in a short time.")
    if faults:
        return Answer(False, tuple(faults), " ".join([*faults, ADVICE]))
    time = guess["crack_times_display"]["offline_slow_hashing_1e4_per_second"]
    return Answer(True, (), f"Good. At ten thousand guesses a second, guessing it takes {time}.")


def guessed(password: str, own: Iterable[str]) -> dict[str, Any]:
    """What the guessing library reckons.  Its word lists are loaded by the process that needs them."""
    from zxcvbn import zxcvbn

    found: dict[str, Any] = zxcvbn(password, user_inputs=sorted(own))
    return found


def own_words(texts: Iterable[str]) -> frozenset[str]:
    """The parts of a person's names and addresses that must not be in their password."""
    parts = (part for text in texts for part in re.split(r"[\W_]+", text.casefold()))
    return frozenset(part for part in parts if len(part) >= OWN_WORD)


def _length(password: str, has_second_factor: bool) -> list[str]:
    least = BESIDE_A_SECOND_FACTOR if has_second_factor else FULL
    if len(password) >= least:
        return []
    short = f"Too short: {len(password)} of {least} characters."
    return [short if has_second_factor else f"{short} With a second step at sign-in, 8 are enough."]


def _known(password: str, own: frozenset[str]) -> list[str]:
    found = []
    if any(word in password.casefold() for word in own):
        found.append("It holds a part of your name, your company or your address.")
    try:
        _common().validate(password)
    except ValidationError:
        found.append("It is on the lists of passwords that are tried first.")
    return found


@cache
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()


class Validator:
    """The same rules wherever Django itself checks a password, such as `troth appoint`."""

    def validate(self, password: str, user: Any = None) -> None:
        validate(password)

    def get_help_text(self) -> str:
        return f"At least {FULL} characters. {ADVICE}"
