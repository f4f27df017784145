"""Whether the company's own certificate will do: its dates, its hosts, and that each one in the chain signed the last."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature

SOON = timedelta(days=14)


def faults(chain: bytes, hosts: Sequence[str], now: datetime) -> list[str]:
    """What is wrong with a certificate and its chain in PEM form, in words; nothing when all is well."""
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError:
        return ["it is no certificate in PEM form"]
    return [*_dates(certificates, now), *_names(certificates[0], hosts), *_links(certificates)]


def _dates(chain: Sequence[x509.Certificate], now: datetime) -> Iterator[str]:
    ends = min(each.not_valid_after_utc for each in chain)
    if any(now < each.not_valid_before_utc for each in chain):
        yield "it is not valid yet"
    if ends <= now:
        yield f"it ended on {ends:%Y-%m-%d}"
    elif ends - now < SOON:
        yield f"it ends on {ends:%Y-%m-%d}"


def _names(leaf: x509.Certificate, hosts: Sequence[str]) -> Iterator[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        named = set[str]()
    else:
        named = set(names.get_values_for_type(x509.DNSName))
    missing = [host for host in hosts if not {host, "*." + host.partition(".")[2]} & named]
    if missing:
        yield f"it is not for {', '.join(missing)}"


def _links(chain: Sequence[x509.Certificate]) -> Iterator[str]:
    for signed, signer in pairwise(chain):
        try:
            signed.verify_directly_issued_by(signer)
        except (ValueError, TypeError, InvalidSignature):
            yield "its chain is broken: each certificate in the file is signed by the next"
            return
