"""The certificate that is served: the company's own, or one of a local authority, for TLS without asking anybody.

The authority is made at the first start and limited by name constraints (RFC 5280 section 4.2.1.10) to the
install's own hosts, so that trusting it gives nobody power over any other site, even if its key were stolen.
"""

from __future__ import annotations

import ipaddress
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOSTS = ("localhost", "community.localhost", "workspace.localhost")
"""The sample's."""
AUTHORITY = "Troth local authority"
ADDRESS = ipaddress.IPv4Address("127.0.0.1")
_AUTHORITY_LIFE = timedelta(days=1825)
_SERVER_LIFE = timedelta(days=90)
_RENEW_BEFORE = timedelta(days=30)


class CertificateProblem(Exception):
    """A certificate cannot be used, or its folder not be written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A private key with its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """The key and the certificate in one file's bytes, so that the two can never be of different age."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return key + self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files are. `authority` is the local one, which a browser has to be told to trust."""

    server: Path
    key: Path
    authority: Path | None = None
    new_authority: bool = False

    def trust_command(self) -> str:
        """The one command that makes Chromium on Debian (package `libnss3-tools`) trust the authority."""
        return (
            f'certutil -d "sql:$HOME/.pki/nssdb" -A -t C,, -n "{AUTHORITY}" '
            f"-i {shlex.quote(str(self.authority))}"
        )


def ensure(folder: Path, hosts: Sequence[str] = HOSTS, now: datetime | None = None) -> Certificates:
    """Give the certificates in `folder` (`TROTH_HOME/tls`); make what is missing, renew what is near its end.

    They are for `hosts` and loopback; other hosts than before get another authority. Files are 0600, the folder
    0700. Raises `CertificateProblem` when the folder or a file cannot be used.
    """
    now = now or datetime.now(UTC)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = _load(folder / "authority-key.pem")
        fresh = not (authority and _is_for(authority, hosts) and not _ends_soon(authority.certificate, now))
        if authority is None or fresh:
            _load(folder / "server.pem")  # what is not ours stops the start before anything is made
            authority = _make_authority(hosts, now)
            _write(folder / "authority-key.pem", authority.pem())
        # Written again when only it is missing, and never before the key that belongs to it.
        public = authority.certificate.public_bytes(serialization.Encoding.PEM)
        _write_if_other(folder / "authority.pem", public)
        server = _load(folder / "server.pem")
        if server is None or not _still_good(server.certificate, authority, hosts, now):
            _write(folder / "server.pem", _make_server(authority, hosts, now).pem())
    except OSError as error:
        place = error.filename or folder
        raise CertificateProblem(
            f"cannot use `{place}` for certificates ({error.strerror}); "
            f"make `{folder}` yours to read and write"
        ) from error
    return Certificates(folder / "server.pem", folder / "server.pem", folder / "authority.pem", fresh)


def _load(path: Path) -> Identity | None:
    """Read a key and its certificate; None when there is none yet. Raises `CertificateProblem` for any but ours."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except ValueError as error:
        raise CertificateProblem(
            f"`{path}` is not a key with a certificate; remove it and start again"
        ) from error
    if certificate.issuer != _name(AUTHORITY):
        raise CertificateProblem(
            f"`{path}` is not of the local authority and would be written over; move it elsewhere and name it with "
            "TROTH_TLS_CERTIFICATE and TROTH_TLS_KEY"
        )
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise CertificateProblem(
            f"`{path}` holds a key and a certificate that differ; remove it and start again"
        )
    return Identity(key, certificate)


def _ends_soon(certificate: x509.Certificate, now: datetime) -> bool:
    return not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _RENEW_BEFORE


def _apexes(hosts: Sequence[str]) -> list[x509.DNSName]:
    """The hosts that are below no other: a constraint covers a name and every name below it."""
    return [x509.DNSName(host) for host in sorted(hosts) if not any(host.endswith(f".{up}") for up in hosts)]


def _is_for(authority: Identity, hosts: Sequence[str]) -> bool:
    allowed = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    names = [each for each in allowed.permitted_subtrees or () if isinstance(each, x509.DNSName)]
    return names == _apexes(hosts)


def _still_good(
    certificate: x509.Certificate, authority: Identity, hosts: Sequence[str], now: datetime
) -> bool:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    # The key identifier, not the name: two authorities of this machine have the same name.
    signer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    return (
        not _ends_soon(certificate, now)
        and set(names.get_values_for_type(x509.DNSName)) == set(hosts)
        and signer == x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: Identity | None, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    public, signer = key.public_key(), (issuer.key if issuer else key).public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _make_authority(hosts: Sequence[str], now: datetime) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    allowed = [*_apexes(hosts), x509.IPAddress(ipaddress.IPv4Network(ADDRESS))]
    certificate = (
        _builder(_name(AUTHORITY), None, key)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    return Identity(key, certificate)


def _make_server(authority: Identity, hosts: Sequence[str], now: datetime) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    names = [*map(x509.DNSName, hosts), x509.IPAddress(ADDRESS)]
    certificate = (
        _builder(_name("Troth local server"), authority, key)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(min(now + _SERVER_LIFE, authority.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Identity(key, certificate)


def _write_if_other(path: Path, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        _write(path, data)


def _write(path: Path, data: bytes) -> None:
    """Put a file there whole or not at all, never readable by others."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
