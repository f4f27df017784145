"""Leases: of several workers one runs a job, a dead one's job is taken over, no fault or wrong clock stops the rest."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError

from tests.cast import durable
from tests.gate.at_the_prompt import beside
from tests.gate.conftest import Clock
from troth.gate.errors import KeyStoreError
from troth.gate.schedule import leases
from troth.gate.schedule.leases import HOLD, JOBS, Job, every, run_due
from troth.gate.schedule.models import Lease

pytestmark = durable


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A schedule of one job, due each minute; what ran is listed."""
    runs: list[str] = []
    monkeypatch.setattr(leases, "JOBS", {})
    every("sweep", minutes=1)(lambda: runs.append("sweep"))
    run_due()
    return runs


def test_a_job_runs_when_due_and_not_before(ran: list[str], set_clock: Clock) -> None:
    assert [run_due(), run_due()] == [1, 0]
    set_clock(timedelta(seconds=59))
    assert run_due() == 0
    set_clock(timedelta(seconds=61))
    assert run_due() == 1 and ran == ["sweep"] * 2
    lease = Lease.objects.get()
    assert (lease.runs, lease.failures, lease.held_until) == (2, 0, None)


def test_two_workers_run_a_job_once(ran: list[str]) -> None:
    barrier = Barrier(2)
    given = beside(lambda: (barrier.wait(), run_due())[1], 2)
    assert sorted(given) == [0, 1] and ran == ["sweep"]  # type: ignore[type-var]


def test_two_workers_that_both_meet_a_new_job_make_one_lease() -> None:
    Lease.objects.all().delete()
    # The later of the two may meet it as an old one already, and run it.
    assert sorted(map(str, beside(run_due, 2))) in (["0", "0"], ["0", "1"])
    assert Lease.objects.count() == 1


def test_a_dead_holders_job_is_taken_over_when_its_lease_ends(ran: list[str], set_clock: Clock) -> None:
    def killed() -> None:
        raise KeyboardInterrupt

    leases.JOBS["sweep"] = Job("sweep", timedelta(minutes=1), killed)
    with pytest.raises(KeyboardInterrupt):
        run_due()
    every("sweep", minutes=1)(lambda: ran.append("taken over"))
    set_clock(HOLD - timedelta(seconds=5))
    assert run_due() == 0
    set_clock(HOLD + timedelta(seconds=1))
    assert run_due() == 1 and ran == ["taken over"]


@pytest.mark.parametrize(
    "error",
    [DatabaseError("x"), OSError("x"), KeyStoreError("x"), ValueError("alice@archer.example"), KeyError("x")],
)
def test_a_job_that_fails_does_not_stop_the_others_and_is_counted(
    ran: list[str], error: Exception, caplog: pytest.LogCaptureFixture, set_clock: Clock
) -> None:
    def fails() -> None:
        raise error

    leases.JOBS.clear()
    every("broken", minutes=1)(fails)
    every("sweep", minutes=1)(lambda: ran.append("sweep"))
    run_due()
    set_clock(timedelta(seconds=1))
    run_due()
    assert ran == ["sweep"]
    broken = Lease.objects.get(job="broken")
    assert (broken.failures, broken.held_until) == (1, None)
    assert type(error).__name__ in caplog.text and "alice" not in caplog.text
    set_clock(timedelta(seconds=62))
    assert run_due() == 2


def test_a_clock_that_was_ahead_does_not_stop_the_schedule(ran: list[str], set_clock: Clock) -> None:
    set_clock(timedelta(days=400))
    assert run_due() == 1
    set_clock(timedelta(0))
    assert run_due() == 1 and ran == ["sweep"] * 2


def test_a_holder_that_died_under_a_clock_ahead_is_not_waited_for(ran: list[str], set_clock: Clock) -> None:
    set_clock(timedelta(days=400))
    assert leases._take(leases.JOBS["sweep"])
    set_clock(timedelta(0))
    assert run_due() == 1


def test_a_slow_holder_does_not_give_away_the_lease_of_who_took_over(
    ran: list[str], set_clock: Clock
) -> None:
    inner: list[int] = []

    def slow() -> None:
        set_clock(HOLD + timedelta(seconds=10))
        assert leases._take(leases.JOBS["sweep"])
        inner.append(1)

    leases.JOBS["sweep"] = Job("sweep", timedelta(minutes=1), slow)
    assert run_due() == 1 and inner
    assert Lease.objects.get().held_until is not None


def test_the_houses_jobs_are_all_there() -> None:
    assert set(JOBS) >= {"ledger", "outbox", "erasures", "keys", "retention"}
