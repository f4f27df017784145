"""The local authority: who may read it, what it may sign, when it is made again."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from troth.config import certificates
from troth.config.certificates import CertificateProblem, ensure

NOW = datetime.now(UTC)


def test_it_works_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    made = ensure(tmp_path / "tls")
    assert made.new_authority
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {0o600}
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    assert str(made.authority) in made.trust_command()


def accepts(made: certificates.Certificates, host: str) -> bool:
    """Whether an independent verifier (OpenSSL) takes the server for `host`, trusting the authority alone."""
    command = [
        "openssl",
        "verify",
        "-CAfile",
        str(made.authority),
        "-verify_hostname",
        host,
        str(made.server),
    ]
    return subprocess.run(command, capture_output=True).returncode == 0


def test_each_host_is_covered_and_no_other(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    assert all(accepts(made, host) for host in certificates.HOSTS)
    assert not accepts(made, "example.com")


OURS = ("troth.example", "community.troth.example", "work.example")


def test_the_hosts_are_the_companys(tmp_path: Path) -> None:
    made = ensure(tmp_path, OURS)
    assert all(accepts(made, host) for host in OURS)
    assert not accepts(made, "localhost") and not accepts(made, "example.com")


@pytest.mark.parametrize("hosts", [certificates.HOSTS, OURS])
def test_the_authority_has_no_power_over_other_names(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    made = ensure(tmp_path, hosts)
    authority = certificates._load(tmp_path / "authority-key.pem")
    assert authority
    stolen = certificates._make_server(authority, ("example.com", "localhost.example"), NOW)
    made.server.write_bytes(stolen.pem())
    assert not accepts(made, "example.com") and not accepts(made, "localhost.example")


def test_other_hosts_than_before_get_an_authority_of_their_own(tmp_path: Path) -> None:
    ensure(tmp_path)
    made = ensure(tmp_path, OURS)
    assert made.new_authority and accepts(made, "work.example")
    assert not ensure(tmp_path, OURS).new_authority


@pytest.mark.parametrize("is_first", [True, False])
def test_a_certificate_of_the_operators_own_is_not_written_over(tmp_path: Path, is_first: bool) -> None:
    made = ensure(tmp_path / "tls")
    bought = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
        "-keyout", str(tmp_path / "own.pem"), "-out", "-",
    ]  # fmt: skip
    certificate = subprocess.run(bought, capture_output=True, check=True).stdout
    made.server.write_bytes((tmp_path / "own.pem").read_bytes() + certificate)
    if is_first:
        (tmp_path / "tls" / "authority-key.pem").unlink()
    before = {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()}
    with pytest.raises(CertificateProblem, match=r"server\.pem` is not of the local .*TROTH_TLS_CERTIFICATE"):
        ensure(tmp_path / "tls")
    assert {path: path.read_bytes() for path in (tmp_path / "tls").iterdir()} == before


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    ensure(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert not ensure(tmp_path).new_authority
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_server_is_renewed_before_its_end_and_the_authority_stays(tmp_path: Path) -> None:
    made = ensure(tmp_path, now=NOW - timedelta(days=61))
    assert made.authority
    authority, server = made.authority.read_bytes(), made.server.read_bytes()
    assert not ensure(tmp_path, now=NOW).new_authority
    assert made.authority.read_bytes() == authority
    assert made.server.read_bytes() != server


def test_an_authority_near_its_end_is_made_again_with_a_server_of_its_own(tmp_path: Path) -> None:
    ensure(tmp_path, now=NOW - timedelta(days=1800))
    made = ensure(tmp_path, now=NOW)
    assert made.new_authority
    assert accepts(made, "localhost")


@pytest.mark.parametrize("kept", ["authority-key.pem", "authority.pem", "server.pem"])
def test_a_start_that_broke_off_is_mended_by_the_next(tmp_path: Path, kept: str) -> None:
    ensure(tmp_path)
    for path in tmp_path.iterdir():
        if path.name != kept:
            path.unlink()
    assert accepts(ensure(tmp_path), "localhost")


def test_a_file_that_is_no_key_is_named_and_left_alone(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    made.server.write_text("scribble")
    with pytest.raises(CertificateProblem, match=r"server\.pem` is not a key"):
        ensure(tmp_path)
    assert made.server.read_text() == "scribble"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(CertificateProblem, match=r"make `.*` yours"):
        ensure(tmp_path / "home" / "tls")


def test_a_browser_like_verifier_builds_the_chain(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    assert made.authority
    root, leaf = (x509.load_pem_x509_certificate(p.read_bytes()) for p in (made.authority, made.server))
    store = verification.Store([root])
    verifier = verification.PolicyBuilder().store(store).build_server_verifier(x509.DNSName("localhost"))
    assert len(verifier.verify(leaf, [])) == 2
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
