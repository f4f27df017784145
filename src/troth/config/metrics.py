"""Counts and times for monitoring, in Prometheus's text format, and whether the site answers at all.

Nothing here is about anybody: no label is an id, an address or a workspace, and no row is opened.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, connections
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from troth.gate.journal import log
from troth.gate.journal.models import Checkpoint, Entry
from troth.gate.proving import shown
from troth.gate.registry import WAITING
from troth.gate.schedule.models import Lease

FORMAT = CONTENT_TYPE_PLAIN_0_0_4
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Where the counts of the histogram are cut."""

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REQUESTS = Histogram(
    "troth_request_seconds", "From a request's arrival in the application to the first byte of its answer",
    ("status",), buckets=SECONDS, registry=REGISTRY,
)  # fmt: skip


class Measured:
    """Middleware around all others: how long each answer took, by the first digit of its status alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self._get_response(request)
        REQUESTS.labels(f"{response.status_code // 100}xx").observe(time.perf_counter() - begun)
        return response


class Stores(Collector):
    """What the stores say at the moment of asking; a store that does not answer says only that."""

    def collect(self) -> Iterator[Metric]:
        answers = GaugeMetricFamily("troth_store_answers", "Whether a store answers", labels=("store",))
        for alias in connections:
            answers.add_metric((alias,), float(is_answering(alias)))
        yield answers
        if is_answering("default"):
            for part in (_ledger, _jobs, _waiting, _clauses):
                yield from part()


def is_answering(alias: str) -> bool:
    """Whether a store can be asked."""
    try:
        connections[alias].ensure_connection()
        return bool(connections[alias].is_usable())
    except DatabaseError:
        return False


def _ledger() -> Iterator[Metric]:
    newest = Checkpoint.objects.filter(log=log.current()).order_by("-size").values_list("size", "at").first()
    size, at = newest or (0, None)
    yield GaugeMetricFamily("troth_ledger_entries", "Entries behind the newest signed head", float(size))
    yield GaugeMetricFamily("troth_ledger_head_age_seconds", "Since the newest head was signed", _age(at))
    waiting = Entry.objects.filter(index=None, log=None).order_by("seq").values_list("at", flat=True)
    yield GaugeMetricFamily("troth_ledger_waiting", "Entries without a place yet", float(waiting.count()))
    yield GaugeMetricFamily(
        "troth_ledger_waiting_seconds", "Since the oldest of them was written", _age(waiting.first())
    )


def _jobs() -> Iterator[Metric]:
    runs = CounterMetricFamily("troth_job_runs", "Runs of a job of the schedule", labels=("job",))
    failures = CounterMetricFamily("troth_job_failures", "Runs that ended in an error", labels=("job",))
    last = GaugeMetricFamily("troth_job_age_seconds", "Since a job last ran; -1: never", labels=("job",))
    late = GaugeMetricFamily("troth_job_late_seconds", "Since a job was due", labels=("job",))
    for lease in Lease.objects.order_by("job"):
        runs.add_metric((lease.job,), float(lease.runs))
        failures.add_metric((lease.job,), float(lease.failures))
        last.add_metric((lease.job,), _age(lease.last_ran_at) if lease.last_ran_at else -1.0)
        late.add_metric((lease.job,), _age(lease.due_at))
    yield from (runs, failures, last, late)


def _waiting() -> Iterator[Metric]:
    count = GaugeMetricFamily("troth_waiting", "What waits to be done", labels=("what",))
    oldest = GaugeMetricFamily("troth_waiting_seconds", "Since when the oldest of it waits", labels=("what",))
    for what, read in sorted(WAITING.items()):
        number, since = read()
        count.add_metric((what,), float(number))
        oldest.add_metric((what,), _age(since))
    yield from (count, oldest)


def _clauses() -> Iterator[Metric]:
    found = Counter(state.state for state in shown.states())
    clauses = GaugeMetricFamily(
        "troth_clauses", "Clauses of the statement by their last proof", labels=("state",)
    )
    for state in ("kept", "broken", shown.UNPROVEN):
        clauses.add_metric((state,), float(found[state]))
    yield clauses


def _age(since: datetime | None) -> float:
    """Seconds since a moment; 0 for none, and for one to come."""
    return max(0.0, (timezone.now() - since).total_seconds()) if since else 0.0


REGISTRY.register(Stores())


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Everything, for whoever has the token of `TROTH_METRICS_TOKEN`; without one there is no such page."""
    wanted = settings.TROTH_METRICS_TOKEN
    if not wanted:
        raise Http404
    if not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {wanted}".encode()):
        return HttpResponse(
            "a token is needed\n", "text/plain; charset=utf-8", 401, headers={"WWW-Authenticate": "Bearer"}
        )
    return HttpResponse(generate_latest(REGISTRY), FORMAT)


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether the site can answer: 200, or 503 when a store does not.  It says nothing else, to anybody."""
    is_well = all(is_answering(alias) for alias in connections)
    return HttpResponse(
        "ok\n" if is_well else "a store does not answer\n",
        "text/plain; charset=utf-8",
        200 if is_well else 503,
    )
