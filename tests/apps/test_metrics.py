"""What monitoring is told: counts and times, in Prometheus's format, for whoever has the token, and about nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.apps.conftest import Secure
from tests.cast import ALICE, durable, enquiry_of
from tests.workspaces.customers import customer, workspace
from troth.apps.queries import flows as queries
from troth.config import environment
from troth.gate.journal.integrating import begin_log, integrate
from troth.gate.schedule.leases import JOBS, Job, run_due

pytestmark = durable
TOKEN = "5b1c8e6f0a9d4f7e8c2b3a1d"


@pytest.fixture
def monitor(settings: Any) -> Client:
    settings.TROTH_METRICS_TOKEN = TOKEN
    return Secure(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")


def figures(monitor: Client) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels."""
    answer = monitor.get("/metrics")
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_requests_are_counted_by_the_first_digit_of_their_status(monitor: Client) -> None:
    before = figures(monitor)
    for path in ("/privacy/", "/privacy/", "/nothing-here/"):
        monitor.get(path)
    after = figures(monitor)
    for status, more in (("2xx", 3), ("4xx", 1)):  # the first look at the figures was a request too
        name = ("troth_request_seconds_count", status)
        assert after[name] - before.get(name, 0) == more
    assert after["troth_request_seconds_sum", "2xx"] > before.get(("troth_request_seconds_sum", "2xx"), 0)


def test_ledger_jobs_and_what_waits_are_told(monitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_log()
    enquiry_of()
    here = workspace(customer())
    queries.ask(here, "SELECT 1", {})
    told = figures(monitor)
    assert told["troth_ledger_entries",] == 0 and told["troth_ledger_waiting",] >= 2
    assert told["troth_waiting", "mail"] == 1 and told["troth_waiting_seconds", "mail"] > 0
    assert told["troth_waiting", "queries"] == 1 and told["troth_waiting", "requests"] == 0
    integrate()
    monkeypatch.setattr(
        "troth.gate.schedule.leases.JOBS", {"ledger": Job("ledger", JOBS["ledger"].every, lambda: 1 / 0)}
    )
    run_due()
    run_due()
    told = figures(monitor)
    assert told["troth_ledger_waiting",] == 0 and told["troth_ledger_entries",] >= 2
    assert told["troth_job_failures_total", "ledger"] == told["troth_job_runs_total", "ledger"] == 1
    assert (
        0 <= told["troth_job_age_seconds", "ledger"] < 60 and 0 <= told["troth_ledger_head_age_seconds",] < 60
    )
    assert told["troth_store_answers", "keys"] == 1 and told["troth_clauses", "unproven"] > 0


def test_nothing_in_it_is_about_anybody(monitor: Client) -> None:
    enquiry_of()
    here = workspace(customer(), name="Zinnwaldite")
    text = monitor.get("/metrics").content.decode()
    assert not [value for value in (*ALICE.values(), "Zinnwaldite", "@") if value in text]
    assert here.workspace.owner_id.hex not in text.replace("-", "")
    assert not re.search(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}", text)


def test_victor_and_a_wrong_token_are_told_nothing(monitor: Client, settings: Any) -> None:
    for client in (
        Secure(SERVER_NAME="localhost"),
        Secure(SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Bearer {TOKEN}x"),
    ):
        answer = client.get("/metrics")
        assert answer.status_code == 401 and b"troth_" not in answer.content
    settings.TROTH_METRICS_TOKEN = ""
    assert Secure(SERVER_NAME="localhost", HTTP_AUTHORIZATION="Bearer ").get("/metrics").status_code == 404


def test_a_store_that_does_not_answer_is_said_and_nothing_breaks(monitor: Client) -> None:
    assert monitor.get("/health").status_code == 200
    store = connections["keys"]
    name = store.settings_dict["NAME"]
    store.close()
    store.settings_dict["NAME"] = "/nowhere/at/all"
    try:
        answer = monitor.get("/health")
        told = figures(monitor)
    finally:
        store.settings_dict["NAME"] = name
    assert answer.status_code == 503 and "/nowhere" not in answer.content.decode()
    assert told["troth_store_answers", "keys"] == 0 and told["troth_store_answers", "default"] == 1


@pytest.mark.parametrize("content", [None, "short", "two words of a token in it", "a" * 30 + "\u00fc"])
def test_a_token_that_is_none_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content, encoding="utf-8")
    monkeypatch.setenv("TROTH_METRICS_TOKEN", str(tmp_path / "token"))
    with pytest.raises(environment.SettingError, match="TROTH_METRICS_TOKEN") as refused:
        environment.env_token("TROTH_METRICS_TOKEN")
    assert content is None or content not in str(refused.value)
