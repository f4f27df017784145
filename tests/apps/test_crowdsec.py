"""Debian's CrowdSec reads our file of alarms by the parser and scenario that are shipped, and bans what we blocked."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cast import durable
from tests.site.demo import ROOT, free_port
from troth.apps.protection import noting
from troth.apps.protection.noting import Scene
from troth.gate.watch import Sign
from troth.gate.watch.rules import rules

HUB = Path("/usr/share/crowdsec/hub")
DATES = HUB / "parsers" / "s02-enrich" / "crowdsecurity" / "dateparse-enrich.yaml"
PROFILE = """name: any
filters: ["Alert.Remediation == true"]
decisions: [{type: ban, duration: 1h}]
on_success: break
"""
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (shutil.which("crowdsec") and DATES.exists()), reason="CrowdSec is not installed"),
]


def configured(home: Path, alarms: Path) -> Path:
    """A CrowdSec of its own in this folder, which reads the file of alarms and asks nobody."""
    for part in ("parsers/s01-parse", "parsers/s02-enrich", "scenarios", "data", "none"):
        (home / part).mkdir(parents=True)
    kept = ROOT / "deploy" / "crowdsec"
    shutil.copy(kept / "parsers" / "s01-parse" / "troth.yaml", home / "parsers" / "s01-parse")
    shutil.copy(kept / "scenarios" / "troth.yaml", home / "scenarios")
    (home / "parsers" / "s02-enrich" / DATES.name).symlink_to(DATES)
    shutil.copytree("/etc/crowdsec/patterns", home / "patterns")
    (home / "profiles.yaml").write_text(PROFILE)
    (home / "simulation.yaml").write_text("simulation: false\n")
    (home / "acquis.yaml").write_text(json.dumps({"filenames": [str(alarms)], "labels": {"type": "troth"}}))
    (home / "me.yaml").write_text("{}")
    told = {
        "common": {"daemonize": False, "log_media": "stdout", "log_level": "info", "working_dir": "."},
        "config_paths": {
            "config_dir": f"{home}/", "data_dir": f"{home}/data/", "simulation_path": f"{home}/simulation.yaml",
            "hub_dir": f"{HUB}/", "index_path": f"{HUB}/.index.json", "notification_dir": f"{home}/none",
            "plugin_dir": f"{home}/none",
        },
        "crowdsec_service": {"parser_routines": 1, "acquisition_path": f"{home}/acquis.yaml"},
        "db_config": {"type": "sqlite", "db_path": f"{home}/data/crowdsec.db", "flush": {"max_items": 500}},
        "api": {
            "client": {"credentials_path": f"{home}/me.yaml"},
            "server": {"listen_uri": f"127.0.0.1:{free_port()}", "profiles_path": f"{home}/profiles.yaml"},
        },
        "prometheus": {"enabled": False},
    }  # fmt: skip
    (home / "config.yaml").write_text(json.dumps(told))
    return home / "config.yaml"


def cscli(config: Path, *words: str) -> str:
    return subprocess.run(
        ["cscli", "-c", str(config), *words], capture_output=True, text=True, check=True, timeout=60
    ).stdout


def banned(config: Path) -> set[str]:
    found: list[dict[str, Any]] = json.loads(cscli(config, "decisions", "list", "-o", "json")) or []
    return {decision["value"] for alert in found for decision in alert["decisions"]}


@durable
def test_crowdsec_bans_the_nets_that_are_blocked_and_no_others(settings: Any, tmp_path: Path) -> None:
    alarms: Path = settings.TROTH_PROTECTION_LOG
    alarms.touch()
    config = configured(tmp_path / "crowdsec", alarms)
    password = ("--password", "of-this-test-alone", "--force", "-f", str(config.with_name("me.yaml")))
    cscli(config, "machines", "add", "me", *password)
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(["crowdsec", "-c", str(config)], stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while "Starting processing data" not in (tmp_path / "log").read_text():
                assert running.poll() is None and time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.2)
            time.sleep(1)
            rule = {rule.id: rule for rule in rules()}
            for number, name in enumerate(("attack-shaped", "stuffing", "stuffing-on", "bulk-read")):
                noting.note(rule[name], Sign("x", "0" * 32), Scene(f"203.0.113.{number}"))
            noting.note(rule["canary-key"], Sign("x"), Scene("2001:db8:1:2:3::4"))
            while len(banned(config)) < 3 and time.monotonic() < until:
                time.sleep(0.5)
            time.sleep(1)
            assert banned(config) == {"203.0.113.0/32", "203.0.113.2/32", "2001:db8:1:2::/64"}
        finally:
            running.terminate()
            running.wait(20)
