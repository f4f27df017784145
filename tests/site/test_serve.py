"""`troth serve` with hosts, certificate and address of the company's own."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.demo import PLAIN_BELOW, ROOT, environment, free_port, troth
from troth.config import certificates

HOSTS = {"localhost": "troth.example", "community.localhost": "community.troth.example"}
ADDRESS = "127.0.0.2"
TOKEN = "0a9d4f7e8c2b3a1d5b1c"


def company(folder: Path) -> Path:
    """The sample's company under other hosts."""
    text = (ROOT / "company.toml").read_text(encoding="utf-8")
    for old, new in {**HOSTS, "workspace.localhost": "work.example"}.items():
        assert text.count(f'"{old}"') == 1
        text = text.replace(f'"{old}"', f'"{new}"')
    (folder / "company.toml").write_text(text, encoding="utf-8")
    return folder / "company.toml"


@pytest.fixture
def bought(tmp_path: Path) -> certificates.Certificates:
    """A certificate for the hosts, of an authority that this machine trusts."""
    return certificates.ensure(tmp_path / "bought", [*HOSTS.values(), "work.example"])


@pytest.fixture
def served(tmp_path: Path, bought: certificates.Certificates) -> Iterator[dict[str, str]]:
    """The settings of an install that is served with them; what it said lies in `said`."""
    port = free_port()
    settings = {
        "TROTH_HOME": str(tmp_path / "home"), "TROTH_COMPANY": str(company(tmp_path)), "TROTH_LISTEN": ADDRESS,
        "TROTH_PORT": str(port), "TROTH_PLAIN_PORT": str(port - PLAIN_BELOW), "TROTH_MAIL_HELD": "1",
        "TROTH_TLS_CERTIFICATE": str(bought.server), "TROTH_TLS_KEY": str(bought.key),
        "SSL_CERT_FILE": str(bought.authority), "TROTH_METRICS_TOKEN": str(tmp_path / "token"),
    }  # fmt: skip
    (tmp_path / "token").write_text(TOKEN + "\n", encoding="ascii")
    with (tmp_path / "said").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "troth.config.cli", "serve", "--with-worker"], env=environment(**settings),
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    yield settings
    process.terminate()
    assert process.wait(20) == 0, (tmp_path / "said").read_text()


def page(address: str, port: int, authority: Path, path: str = "/", **headers: str) -> str:
    """A page of the company's, its front page else, asked of one address of this machine."""
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection((address, port), 5.0) as plain:
        line = http.client.HTTPConnection("troth.example", port)
        line.sock = context.wrap_socket(plain, server_hostname="troth.example")
        line.request("GET", path, headers=headers)
        return line.getresponse().read().decode()


def first_page(port: int, authority: Path, log: Path, seconds: float = 90.0) -> str:
    """The front page, once it is served."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return page(ADDRESS, port, authority)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_a_company_is_served_under_its_own_hosts_certificate_and_address(
    tmp_path: Path, served: dict[str, str], bought: certificates.Certificates
) -> None:
    assert bought.authority
    port, log = int(served["TROTH_PORT"]), tmp_path / "said"
    assert "<h1" in first_page(port, bought.authority, log)
    with pytest.raises(ConnectionRefusedError):
        page("127.0.0.1", port, bought.authority)
    assert f"https://troth.example:{port}" in log.read_text() and "To trust it" not in log.read_text()
    assert not (tmp_path / "home" / "tls").exists(), "nothing needs an authority of this machine's own"
    figures = page(ADDRESS, port, bought.authority, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert 'troth_request_seconds_count{status="2xx"}' in figures and "process_cpu_seconds_total" in figures
    assert TOKEN not in log.read_text() and "troth_" not in page(ADDRESS, port, bought.authority, "/metrics")
    there, gone = troth("health", **served), troth("health", **{**served, "TROTH_PORT": str(free_port())})
    assert (there.returncode, there.stdout, gone.returncode) == (
        0,
        "ok\n",
        1,
    ) and "troth serve" in gone.stdout
    proved = json.loads(troth("prove", "--clause", "security.tls", "--json", **served).stdout)
    (clause,) = proved["clauses"]
    assert (clause["status"], clause["figure"]) == ("kept", "TLS 1.2 and 1.3 on 3 hosts"), clause
