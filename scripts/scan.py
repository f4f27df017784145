"""Run scanners that others wrote against a demo on this machine; 1 when one of them finds something.

    python scripts/scan.py 8443 --authority var/tls/authority.pem

Each scanner lives in an environment of its own under `.venv-scan`, made at the first run from the package index;
testssl is Debian's package `testssl.sh`.  They are no part of the house, and not of CI.  Only loopback is scanned.
`--only sslyze` runs one of them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-scan"
PINS = {"sslyze": "sslyze==6.3.1", "wapiti": "wapiti3==3.2.3", "sqlmap": "sqlmap==1.10.10"}
MINUTES = 10
KNOWN = {"HTTP Strict Transport Security (HSTS)"}
"""What wapiti says of localhost alone: a browser that were told so would refuse every other program on this machine."""
OF_NO_WEIGHT = {"cipher_order", "cert_revocation"}
"""What testssl calls high and is none here: each suite is one of Mozilla's intermediate set, which leaves their order to
the browser; and the demo's authority, which is this machine's own, publishes no list of what it took back."""


def program(name: str) -> Path:
    """The scanner, installed if it is not there yet."""
    place = FOLDER / name
    found = place / "bin" / name
    if not found.exists():
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([place / "bin" / "pip", "install", "--quiet", PINS[name]], check=True)
    return found


def told(command: Sequence[object]) -> str:
    """What a scanner says; one that takes too long is cut short."""
    try:
        done = subprocess.run(
            [str(each) for each in command], capture_output=True, text=True, timeout=MINUTES * 60, check=False
        )
    except subprocess.TimeoutExpired as cut:
        return (cut.stdout or b"").decode(errors="replace") if isinstance(cut.stdout, bytes) else ""
    return done.stdout + done.stderr


def sslyze(port: int, _: Path, authority: Path) -> list[str]:
    """Versions, suites and known holes of TLS, against Mozilla's intermediate configuration."""
    trusted = ["--certinfo_ca_file", authority] if authority.is_file() else []
    said = told([program("sslyze"), f"localhost:{port}", "--mozilla_config", "intermediate", *trusted])
    verdict = [line.strip() for line in said.splitlines() if f"localhost:{port}:" in line]
    return [] if any("OK - Compliant" in line for line in verdict) else verdict or [said[-300:]]


def testssl(port: int, report: Path, authority: Path) -> list[str]:
    """Versions, suites, certificate and known holes of TLS, by another's hand: what it calls high or critical."""
    if not shutil.which("testssl"):
        return ["not installed: `apt-get install testssl.sh`"]
    trusted = ["--add-ca", authority] if authority.is_file() else []
    command = ["testssl", "--quiet", "--color", "0", "--severity", "HIGH", "--jsonfile", report, *trusted]
    said = told([*command, f"localhost:{port}"])
    if not report.is_file():
        return [f"no report: {said[-300:]}"]
    found = json.loads(report.read_text(encoding="utf-8"))
    return [
        f"{each['id']}: {each['finding']}"
        for each in found
        if each["severity"] in ("HIGH", "CRITICAL") and each["id"] not in OF_NO_WEIGHT
    ]


def wapiti(port: int, report: Path, _: Path) -> list[str]:
    """Injection, inclusion, redirects, cookies and headers of what a visitor reaches."""
    command = [program("wapiti"), "-u", f"https://localhost:{port}/", "--verify-ssl", "0", "-d", "2"]
    command += ["--max-links-per-page", "12", "--max-scan-time", str(MINUTES * 40), "--max-attack-time", "60"]
    command += ["--flush-session", "-m", "common", "-f", "json", "-o", report, "--no-bugreport"]
    said = told(command)
    if not report.is_file():
        return [f"no report: {said[-300:]}"]
    found = json.loads(report.read_text(encoding="utf-8"))["vulnerabilities"]
    return [
        f"{kind}: {each['path']} ({each['info']})"
        for kind, rows in found.items()
        for each in rows
        if kind not in KNOWN
    ]


def sqlmap(port: int, report: Path, _: Path) -> list[str]:
    """SQL injection by the fields of forms."""
    command = [program("sqlmap"), "-u", f"https://localhost:{port}/contact/", "--forms", "--batch"]
    said = told([*command, "--level=1", "--risk=1", "--disable-coloring", f"--output-dir={report}"])
    return [
        line for line in said.splitlines() if "is vulnerable" in line or "identified the following" in line
    ]


SCANNERS: dict[str, Callable[[int, Path, Path], list[str]]] = {
    "sslyze": sslyze,
    "testssl": testssl,
    "wapiti": wapiti,
    "sqlmap": sqlmap,
}


def main() -> int:
    """One line for each finding, and one for each scanner that found nothing."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("port", type=int, help="where the demo listens, on loopback")
    asked.add_argument("--authority", type=Path, default=Path(), help="who signed the demo's certificate")
    asked.add_argument("--only", choices=SCANNERS)
    given = asked.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in [given.only] if given.only else SCANNERS:
            found = SCANNERS[name](given.port, Path(folder) / f"{name}.out", given.authority)
            wrong += len(found)
            print("\n".join(f"{name}: {each}" for each in found) or f"{name}: nothing found", flush=True)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
