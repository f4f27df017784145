"""`troth doctor` on the company's own certificate: its dates, its hosts, its chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from troth.config import certificates, doctor, served

HOSTS = ["localhost", "community.localhost", "workspace.localhost"]
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> certificates.Identity:
    return certificates._make_authority(HOSTS, NOW)


@pytest.fixture(scope="module")
def chain(authority: certificates.Identity) -> bytes:
    """A certificate for the three hosts, and behind it the authority that signed it."""
    leaf = certificates._make_server(authority, HOSTS, NOW)
    return leaf.certificate.public_bytes(Encoding.PEM) + authority.certificate.public_bytes(Encoding.PEM)


def test_a_good_certificate_has_no_fault(chain: bytes) -> None:
    assert served.faults(chain, HOSTS, NOW) == []


@pytest.mark.parametrize(
    ("days", "says"),
    [(-2, "it is not valid yet"), (10_000, "it ended on"), (None, "it ends on")],
    ids=["early", "late", "soon"],
)
def test_a_certificate_that_is_not_valid_or_soon_not_says_when(
    chain: bytes, days: int | None, says: str
) -> None:
    ends = x509.load_pem_x509_certificate(chain).not_valid_after_utc
    at = ends - timedelta(days=13) if days is None else NOW + timedelta(days=days)
    assert any(each.startswith(says) for each in served.faults(chain, HOSTS, at))


def test_a_host_that_it_is_not_for_is_named(chain: bytes) -> None:
    assert served.faults(chain, [*HOSTS, "iplum.example"], NOW) == ["it is not for iplum.example"]


def test_a_chain_of_strangers_is_broken(chain: bytes) -> None:
    other = certificates._make_authority(HOSTS, NOW).certificate.public_bytes(Encoding.PEM)
    leaf = chain[: chain.index(b"-----END") + 26]
    (said,) = served.faults(leaf + other, HOSTS, NOW)
    assert said.startswith("its chain is broken")


@pytest.mark.parametrize("spoilt", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_is_no_certificate_is_said_so(spoilt: bytes) -> None:
    assert served.faults(spoilt, HOSTS, NOW) == ["it is no certificate in PEM form"]


def test_doctor_looks_at_the_companys_own_and_at_no_other(
    chain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "own_certificate", lambda: None)
    assert list(doctor._certificate()) == []
    (tmp_path / "own.pem").write_bytes(chain)
    monkeypatch.setattr(doctor, "own_certificate", lambda: (tmp_path / "own.pem", tmp_path / "own.key"))
    assert [each.is_well for each in doctor._certificate()] == [True]
    (tmp_path / "own.pem").write_bytes(b"")
    (found,) = doctor._certificate()
    assert not found.is_well and "TROTH_TLS_CERTIFICATE" in found.what
