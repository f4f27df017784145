"""Blind indexes: finding a sealed value by an equal one without opening anything.

Source: spec/keys.md, section "Blind index". An index is a full-width HMAC, so equal means equal, and it goes
on existing when the data key is gone: erasing a subject must erase its index columns too.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers

from troth.engine.seal.errors import NotNormal
from troth.engine.seal.value import length_prefixed

_TAG = b"troth-blind-index-1"
_LONGEST_EMAIL = 254
_NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{9}")
"""In its E.164 form already: no national prefix can follow, and there is one length."""
_HOST = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*")


@dataclass(frozen=True, slots=True)
class Normaliser:
    """How values of one kind are made equal. `id` (name/version) is hashed too: a new rule is a new id."""

    id: str
    apply: Callable[[str], str]


def normalise_text(text: str) -> str:
    """NFKC, case folded, runs of white space as one space, none at the ends."""
    return " ".join(_fold(text).split())


def normalise_email(address: str) -> str:
    """NFKC, case folded, trimmed, the domain in its ASCII form; dots and `+` before the `@` are kept.

    Raises NotNormal when it is no address.
    """
    local, at, domain = _fold(address).strip().rpartition("@")
    host = domain.removesuffix(".")
    if not _HOST.fullmatch(host):  # else it is its own ASCII form
        try:
            host = host.encode("idna").decode().lower()
        except UnicodeError:
            host = ""  # raised below: an error raised here would carry the domain in its context
    normal = f"{local}@{host}"
    readable = normal.isprintable() and not any(map(str.isspace, normal))
    if not (at and local and host and readable) or len(normal) > _LONGEST_EMAIL:
        raise NotNormal("not an e-mail address: it needs one name, one `@` and one domain, without spaces")
    return normal


def normalise_mailbox(address: str) -> str:
    """As `normalise_email`, and what the name says beside the mailbox is dropped: the tag (`+` and all behind it, RFC
    5233), and quotes with their backslashes (RFC 5321, 4.1.2).  Dots are kept: most carriers tell them apart.

    Raises NotNormal when it is no address.
    """
    local, _, host = normalise_email(address).rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = re.sub(r"\\(.)", r"\1", local[1:-1])
    return f"{local[:1]}{local[1:].partition('+')[0]}@{host}"


def normalise_phone(number: str, region: str | None = None) -> str:
    """E.164 form, such as `+12025550143`. `region` (ISO 3166, `US`) reads numbers without a country code.

    Raises NotNormal when it cannot be a number there.
    """
    if _NORTH_AMERICAN.fullmatch(number):
        return number
    try:
        parsed = phonenumbers.parse(unicodedata.normalize("NFKC", number), region)
    except phonenumbers.NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        where = f" in region `{region}`" if region else " with a country code (`+`)"
        raise NotNormal(f"not a telephone number{where}")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


TEXT = Normaliser("text/1", normalise_text)
EMAIL = Normaliser("email/1", normalise_email)
MAILBOX = Normaliser("mailbox/1", normalise_mailbox)


def phone_normaliser(region: str | None = None) -> Normaliser:
    """The normaliser of telephone numbers; the region only helps reading, so it is no part of the id."""
    return Normaliser("phone/1", lambda number: normalise_phone(number, region))


def blind_index(key: bytes, label: str, value: str, normaliser: Normaliser) -> bytes:
    """The 32-byte index of `value` in the field `label`, under the index key of that field and index epoch.

    Raises NotNormal when the normaliser refuses the value.
    """
    normal = normaliser.apply(value).encode(errors="surrogatepass")
    parts = (_TAG, label.encode(), normaliser.id.encode())
    return hmac.digest(key, b"".join(map(length_prefixed, parts)) + normal, "sha256")


def blind_indexer(key: bytes, label: str, normaliser: Normaliser) -> Callable[[str], bytes]:
    """`blind_index` for many values of one field: what is the same for all of them is worked out once."""
    apply = normaliser.apply
    prefix = b"".join(map(length_prefixed, (_TAG, label.encode(), normaliser.id.encode())))

    def index(value: str) -> bytes:
        return hmac.digest(key, prefix + apply(value).encode(errors="surrogatepass"), "sha256")

    return index


def _fold(text: str) -> str:
    if text.isascii():  # what follows changes nothing else in it
        return text.lower()
    # Folding can undo NFKC and NFKC can undo folding (Unicode 3.13, D146): two rounds settle it.
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return text
